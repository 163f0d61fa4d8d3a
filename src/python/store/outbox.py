"""The outbox: events recorded with the state change that they tell, until their lines are written.

Whoever records events writes their lines once that is committed, and strikes them off. What nobody
wrote, as after a crash, recovery writes, with the ids that it was recorded with.
"""

from collections.abc import Sequence

from psycopg import AsyncConnection

import observability as obs

_RECORD = b"INSERT INTO outbox (event_id, line) VALUES "
# Nobody waits for the disk: if that is lost, the lines are written once more, as after a crash.
_STRIKE_OFF = """
    WITH hastily AS (SELECT set_config('synchronous_commit', 'off', true))
    DELETE FROM outbox USING hastily WHERE event_id = ANY(%s::uuid[])
"""


async def record(connection: AsyncConnection, told: Sequence[obs.SealedEvent]) -> None:
    """Record events within the transaction that changes what they tell."""
    # An array of lines would be quoted and taken apart again, at twice the time.
    statement = _RECORD + b", ".join([b"(%s::uuid, %s)"] * len(told))
    values = [value for sealed in told for value in (sealed.event_id, sealed.line.decode())]
    await connection.execute(statement, values)


async def strike_off(connection: AsyncConnection, event_ids: Sequence[str]) -> None:
    """Remove events whose lines are written; may be repeated."""
    await connection.execute(_STRIKE_OFF, [list(event_ids)])


async def unwritten(connection: AsyncConnection) -> list[str]:
    """Return the ids of recorded events that may be unwritten, the oldest first, at most 1000."""
    cursor = await connection.execute(
        "SELECT event_id::text FROM outbox ORDER BY event_id LIMIT 1000"
    )
    return [event_id for (event_id,) in await cursor.fetchall()]


async def emit_unwritten(
    connection: AsyncConnection, *, older_than_s: float, left: Sequence[str] = ()
) -> int:
    """Write the recorded lines that somebody left unwritten; return how many there were.

    They are those that are older, by the database's clock, and the events `left`. They are struck
    off when the connection's transaction is committed.
    """
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
