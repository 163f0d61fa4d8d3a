"""A state change and the events that tell it, committed together."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from psycopg import AsyncConnection, OperationalError
from psycopg_pool import AsyncConnectionPool

import observability as obs

_RECORD = "INSERT INTO outbox (event_id, line) SELECT * FROM unnest(%s::uuid[], %s::text[])"
# Nobody waits for the disk: if that is lost, the lines are written once more, as after a crash.
_STRIKE_OFF = """
    WITH hastily AS (SELECT set_config('synchronous_commit', 'off', true))
    DELETE FROM outbox USING hastily WHERE event_id = ANY(%s::uuid[])
"""


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
    async with pool.connection() as connection:
        async with connection.transaction():
            tx = Transaction(connection)
            yield tx
            if tx.told:
                await _record(connection, tx.told)
        if tx.told:
            await _write(connection, tx.told)


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
    event_ids = [sealed.event_id for sealed in told]
    await connection.execute(_RECORD, [event_ids, [sealed.line.decode() for sealed in told]])


async def _write(connection: AsyncConnection, told: list[obs.SealedEvent]) -> None:
    for sealed in told:
        obs.emit(sealed)
    # The change is committed: without the database, recovery writes the lines again, and readers
    # drop the repeats.
    with suppress(OperationalError):
        # One exchange, not three.
        await connection.set_autocommit(True)
        try:
            await connection.execute(_STRIKE_OFF, [[sealed.event_id for sealed in told]])
        finally:
            await connection.set_autocommit(False)
