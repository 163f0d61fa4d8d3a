"""`Idempotency-Key`: a request that is sent again leads to the job that it led to before.

Follows draft-ietf-httpapi-idempotency-key-header. A request without the header is always new. Two
requests with one key come one after the other. A key is kept as long as its job.
"""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator
from typing import Annotated

from fastapi import Header
from psycopg import AsyncConnection
from starlette.exceptions import HTTPException

from api.examples import IDEMPOTENCY_KEY
from store.idempotency import KeptRequest, digest_of, find_request, keep_request

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern=r"^[!-~]+$",
        description="Any name that you give to this request, such as a UUID. Sent again with the "
        "same name, it leads to the same job; another request of that name is refused.",
        examples=[IDEMPOTENCY_KEY],
    ),
]


class Repeatable:
    """A request with what it asks for: an operation, its arguments, and maybe a long content."""

    def __init__(self, key: str | None, *asked: str) -> None:
        self._key = key
        self._digest = hashlib.sha256(digest_of(*asked))

    async def earlier(self, connection: AsyncConnection) -> KeptRequest | None:
        """Return what the key was used for before; nobody else can use it until the commit."""
        return None if self._key is None else await find_request(connection, self._key)

    async def passing(self, chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        """Yield the content on; what follows needs it to have come to its end."""
        async for chunk in chunks:
            self._digest.update(chunk)
            yield chunk

    def require_same(self, earlier: KeptRequest) -> None:
        """Raise HTTPException (422) when the key was used for another request than this."""
        if earlier.request_digest != self._digest.digest():
            raise HTTPException(
                422,
                "header.Idempotency-Key: it was used for another request. Choose a new one, or "
                "send the same request again.",
            )

    async def keep(self, connection: AsyncConnection, job_id: str) -> None:
        """Note which job the request has led to."""
        if self._key is not None:
            await keep_request(
                connection, self._key, request_digest=self._digest.digest(), job_id=job_id
            )
