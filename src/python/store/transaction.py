"""A state change and the events that tell it, committed together."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from psycopg import AsyncConnection, OperationalError
from psycopg_pool import AsyncConnectionPool

import observability as obs


@dataclass(frozen=True, slots=True)
class Transaction:
    """An open transaction; `tell` adds an event to what it commits."""

    connection: AsyncConnection
    told: list[obs.SealedEvent] = field(default_factory=list)

    def tell(self, event: obs.Event, ctx: obs.ObsContext) -> None:
        """Record an event with the state change: its line is written once that is committed."""
        self.told.extend(obs.seal(event, ctx))

    def tell_named(self, event_name: str, payload: Mapping[str, Any], ctx: obs.ObsContext) -> None:
        """Record an event of a name that was kept before, as `tell` does."""
        self.told.extend(obs.seal(event_name, payload, ctx))


@asynccontextmanager
async def transaction(pool: AsyncConnectionPool) -> AsyncIterator[Transaction]:
    """Open a transaction; commit it and write its events when the block ends, else roll back.

    Raises psycopg.Error. After a crash between commit and write, `emit_unwritten` writes the
    recorded lines with the ids that they were recorded with.
    """
    async with pool.connection() as connection, connection.transaction():
        tx = Transaction(connection)
        yield tx
        await _record(connection, tx.told)
    if tx.told:
        await _write(pool, tx.told)


async def unwritten(connection: AsyncConnection) -> list[str]:
    """Return the ids of recorded events that may be unwritten, the oldest first, at most 1000."""
    cursor = await connection.execute(
        "SELECT event_id::text FROM outbox ORDER BY event_id LIMIT 1000"
    )
    return [event_id for (event_id,) in await cursor.fetchall()]


async def emit_unwritten(
    pool: AsyncConnectionPool, *, older_than_s: float, left: Sequence[str] = ()
) -> int:
    """Write the recorded lines that somebody left unwritten; return how many there were.

    They are those that are older, by the database's clock, and the events `left`.
    """
    async with pool.connection() as connection, connection.transaction():
        cursor = await connection.execute(
            """
            DELETE FROM outbox WHERE event_id IN (
                SELECT event_id FROM outbox
                WHERE recorded_at < clock_timestamp() - make_interval(secs => %s)
                   OR event_id = ANY(%s::uuid[])
                ORDER BY recorded_at, event_id LIMIT 1000 FOR UPDATE SKIP LOCKED
            )
            RETURNING event_id, line
            """,
            [older_than_s, list(left)],
        )
        lines = sorted(await cursor.fetchall())
        for event_id, line in lines:
            obs.emit(obs.SealedEvent(event_id=event_id, line=line.encode()))
        return len(lines)


async def _record(connection: AsyncConnection, told: list[obs.SealedEvent]) -> None:
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO outbox (event_id, line) VALUES (%s, %s)",
            [(sealed.event_id, sealed.line.decode()) for sealed in told],
        )


async def _write(pool: AsyncConnectionPool, told: list[obs.SealedEvent]) -> None:
    for sealed in told:
        obs.emit(sealed)
    # The change is committed: without the database, recovery writes the lines again, and readers
    # drop the repeats.
    with suppress(OperationalError):
        async with pool.connection() as connection:
            await connection.execute(
                "DELETE FROM outbox WHERE event_id = ANY(%s::uuid[])",
                [[sealed.event_id for sealed in told]],
            )
