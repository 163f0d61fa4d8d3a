"""Brings back what a lost worker left: its open runs, its queue entries, its unwritten events."""

import asyncio

from procrastinate.exceptions import ConnectorException
from psycopg import OperationalError
from psycopg_pool import AsyncConnectionPool

from store.queue import Queue
from store.transaction import emit_unwritten
from workers.runtime.lifecycle import take_back
from workers.runtime.timing import Timing


async def recover_for_ever(pool: AsyncConnectionPool, queue: Queue, timing: Timing) -> None:
    """Recover again and again, until cancelled; a database that is away is tried again later."""
    while True:
        await asyncio.sleep(timing.heartbeat_s)
        try:
            await recover(pool, queue, timing)
        except (OperationalError, ConnectorException):
            continue


async def recover(pool: AsyncConnectionPool, queue: Queue, timing: Timing) -> None:
    """Close the runs of lost workers, queue their messages again, write what was left unwritten.

    Any number of processes may do this at the same time.
    """
    stalled = await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=timing.stalled_s)
    for entry in stalled:
        await take_back(pool, entry)
    await emit_unwritten(pool, older_than_s=timing.stalled_s)
