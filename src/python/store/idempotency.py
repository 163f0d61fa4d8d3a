"""Requests that clients may repeat: which job a key has led to, and for which request."""

import hashlib
from dataclasses import dataclass

from psycopg import AsyncConnection
from psycopg.rows import class_row

from store.pipeline import JobType


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRequest:
    """What a key was used for."""

    request_digest: bytes
    job_id: str
    document_id: str
    job_type: JobType


def digest_of(*parts: str) -> bytes:
    """Return a digest of texts and of where each of them ends (SHA-256)."""
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.digest()


async def find_request(connection: AsyncConnection, key: str) -> KeptRequest | None:
    """Return what `key` was used for, or None.

    Whoever else asks for the same key waits until this transaction ends.
    """
    key_digest = digest_of(key)
    await connection.execute(
        "SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(key_digest[:8], "big", signed=True)]
    )
    async with connection.cursor(row_factory=class_row(KeptRequest)) as cursor:
        await cursor.execute(
            "SELECT request_digest, job_id, document_id, job_type"
            " FROM idempotency_keys JOIN jobs USING (job_id) WHERE key_digest = %s",
            [key_digest],
        )
        return await cursor.fetchone()


async def keep_request(
    connection: AsyncConnection, key: str, *, request_digest: bytes, job_id: str
) -> None:
    """Note that `key` has led to a job; it is forgotten with the job."""
    await connection.execute(
        "INSERT INTO idempotency_keys (key_digest, request_digest, job_id) VALUES (%s, %s, %s)",
        [digest_of(key), request_digest, job_id],
    )
