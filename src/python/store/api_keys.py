"""API keys: who may use the API, and for what."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, get_args

from psycopg import AsyncConnection
from psycopg.rows import class_row

from store.key_text import KeyText, new_key_text

#: What a key may be good for.
Scope = Literal["ingest", "jobs:read", "jobs:write", "search"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

# The API holds all usable keys in memory.
MOST_USABLE = 1000


class TooManyKeys(ValueError):
    """There are as many usable keys as the API holds. The message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as its operator sees it."""

    key_id: str
    scopes: list[Scope]
    label: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_on: date | None
    usable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UsableKey:
    """What it takes to recognise a key."""

    key_id: str
    secret_digest: bytes
    scopes: frozenset[Scope]
    used_today: bool


async def create_key(
    connection: AsyncConnection,
    *,
    scopes: Collection[Scope],
    label: str = "",
    lifetime: timedelta | None = None,
) -> KeyText:
    """Make a key, and return its text, which is kept nowhere. Raises TooManyKeys."""
    if len(await usable_keys(connection)) >= MOST_USABLE:
        raise TooManyKeys(f"there are {MOST_USABLE} usable keys already: revoke some first")
    key = new_key_text()
    await connection.execute(
        "INSERT INTO api_keys (key_id, secret_digest, scopes, label, expires_at)"
        " VALUES (%s, %s, %s, %s, clock_timestamp() + %s)",
        [key.key_id, key.digest(), sorted(scopes), label, lifetime],
    )
    return key


async def list_keys(connection: AsyncConnection) -> Sequence[ApiKey]:
    """Return all keys there ever were, the oldest first."""
    async with connection.cursor(row_factory=class_row(ApiKey)) as cursor:
        await cursor.execute(
            "SELECT key_id, scopes, label, created_at, expires_at, revoked_at, last_used_on,"
            " key_id IN (SELECT key_id FROM usable_api_keys) AS usable"
            " FROM api_keys ORDER BY created_at, key_id"
        )
        return await cursor.fetchall()


async def revoke_key(connection: AsyncConnection, key_id: str) -> bool:
    """End a key for good, if it has not been revoked before; return whether there is such a key."""
    cursor = await connection.execute(
        "UPDATE api_keys SET revoked_at = coalesce(revoked_at, clock_timestamp())"
        " WHERE key_id = %s",
        [key_id],
    )
    return cursor.rowcount == 1


async def usable_keys(connection: AsyncConnection) -> Mapping[str, UsableKey]:
    """Return the keys that are neither revoked nor expired, by their ids."""
    cursor = await connection.execute(
        "SELECT key_id, secret_digest, scopes,"
        " last_used_on IS NOT DISTINCT FROM (clock_timestamp() AT TIME ZONE 'UTC')::date"
        " FROM usable_api_keys"
    )
    return {
        key_id: UsableKey(
            key_id=key_id,
            secret_digest=secret_digest,
            scopes=frozenset(scopes),
            used_today=used_today,
        )
        for key_id, secret_digest, scopes, used_today in await cursor.fetchall()
    }


async def any_key(connection: AsyncConnection) -> bool:
    """Return whether there ever was a key; one that was revoked or has expired counts."""
    cursor = await connection.execute("SELECT EXISTS (SELECT FROM api_keys)")
    [found] = await cursor.fetchone() or [False]
    return bool(found)


async def note_use(connection: AsyncConnection, key_id: str) -> None:
    """Note that a key was used today."""
    await connection.execute(
        "UPDATE api_keys SET last_used_on = (clock_timestamp() AT TIME ZONE 'UTC')::date"
        " WHERE key_id = %s",
        [key_id],
    )
