"""Brings back what a lost worker left: its open runs, its queue entries, its unwritten events."""

import asyncio

from procrastinate.exceptions import ConnectorException
from psycopg import Error as DatabaseError
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from store.pipeline import WORKERS
from store.queue import InvalidMessage, Queue, parse_message
from store.transaction import emit_unwritten
from workers.runtime.lifecycle import close_lost

HEARTBEAT_S = 2.0

# A worker that missed several heartbeats is lost; the graceful stop is shorter than that.
STALLED_S = 10.0

# Any fixed number: who holds this advisory lock recovers.
RECOVERY_LOCK = 0x6E617273


async def recover_for_ever(pool: AsyncConnectionPool, queue: Queue) -> None:
    """Recover again and again, until cancelled; a database that is away is tried again later."""
    while True:
        await asyncio.sleep(HEARTBEAT_S)
        try:
            await recover(pool, queue)
        except (DatabaseError, PoolTimeout, ConnectorException):
            continue


async def recover(pool: AsyncConnectionPool, queue: Queue) -> None:
    """Close the runs of lost workers, queue their messages again, write what was left unwritten.

    Does nothing while another process does it: an entry that the other has queued again may have
    been taken up, and that new run must not be closed.
    """
    async with pool.connection() as connection, connection.transaction():
        cursor = await connection.execute("SELECT pg_try_advisory_xact_lock(%s)", [RECOVERY_LOCK])
        if await cursor.fetchone() == (True,):
            for entry in await queue.job_manager.get_stalled_jobs(
                seconds_since_heartbeat=STALLED_S
            ):
                await _close(pool, entry.queue, entry.task_kwargs.get("message"))
                await queue.job_manager.retry_job(entry)
            await emit_unwritten(pool, older_than_s=STALLED_S)


async def _close(pool: AsyncConnectionPool, queue_name: str, body: object) -> None:
    for worker in WORKERS:
        if worker == queue_name:
            try:
                message = parse_message(body)
            except InvalidMessage:
                return
            await close_lost(pool, worker, str(message.context().job_id))
