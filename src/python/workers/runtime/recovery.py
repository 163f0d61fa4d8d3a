"""Brings back what a lost worker left: its open runs, its queue entries, its unwritten events."""

import asyncio

from procrastinate.exceptions import ConnectorException
from psycopg import OperationalError

from store import outbox
from store.database import STRIKE_OFF_AFTER_S, Database
from store.entries import heartbeats, wait_no_longer_than
from store.queue import Queue, QueueEntry
from store.watch import Watch
from workers.runtime.lifecycle import take_back
from workers.runtime.timing import Timing


class Recovery:
    """Closes the runs of lost workers, queues their messages again, writes what was not written.

    Any number of processes may do this at the same time. What is lost is told by the database's
    clock, which knows of times before this process, or by this process's own, which nobody sets.
    """

    def __init__(self, database: Database, queue: Queue, timing: Timing) -> None:
        self._database = database
        self._queue = queue
        self._timing = timing
        self._heartbeats = Watch[int]()
        self._unwritten = Watch[str]()

    async def for_ever(self) -> None:
        """Recover until cancelled; a database that is away is tried again later."""
        while True:
            await asyncio.sleep(self._timing.heartbeat_s)
            try:
                await self.once()
            except (OperationalError, ConnectorException):
                continue

    async def once(self) -> None:
        """Look for what is lost, and bring it back."""
        async with self._database.connection() as connection:
            await wait_no_longer_than(connection, 1 + self._timing.longest_delay_s)
            beats, recorded = await heartbeats(connection), await outbox.unwritten(connection)
        stalled_s = self._timing.stalled_s
        for entry in await self._stalled(self._heartbeats.unchanged(beats, for_s=stalled_s)):
            await take_back(self._database, entry)
        # Whoever wrote an event may take some time to strike it off.
        unwritten_s = stalled_s + STRIKE_OFF_AFTER_S
        left = self._unwritten.unchanged(dict.fromkeys(recorded), for_s=unwritten_s)
        async with self._database.connection() as connection:
            await outbox.emit_unwritten(connection, older_than_s=unwritten_s, left=left)

    async def _stalled(self, silent: list[int]) -> list[QueueEntry]:
        """Return the entries of the workers that are lost."""
        manager = self._queue.job_manager
        stalled = await manager.get_stalled_jobs(seconds_since_heartbeat=self._timing.stalled_s)
        entries = {entry.id: entry for entry in stalled}
        for entry in await manager.list_jobs_async(status="doing") if silent else ():
            if entry.worker_id in silent:
                entries[entry.id] = entry
        return list(entries.values())
