"""Whose a queue entry is: it belongs to the worker that fetched it, unless that worker stalls."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from procrastinate.connector import BaseAsyncConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job as QueueEntry
from procrastinate.jobs import Status
from procrastinate.manager import JobManager, NotificationCallback
from psycopg import AsyncConnection

from store.pipeline import WORKERS, Worker

_OWNED = """
    SELECT id, abort_requested FROM procrastinate_jobs
    WHERE id = %(entry)s AND status = 'doing' AND worker_id IS NOT DISTINCT FROM %(owner)s
    FOR UPDATE
"""
# The functions are procrastinate's own; they know an entry, but not whose it is.
_FINISH = f"""
    WITH owned AS ({_OWNED})
    SELECT procrastinate_finish_job_v1(id, %(status)s, %(delete_job)s) FROM owned
"""  # noqa: S608  constants alone
_QUEUE_AGAIN = f"""
    WITH owned AS ({_OWNED})
    SELECT CASE WHEN abort_requested
                THEN procrastinate_finish_job_v1(id, 'aborted', true)
                ELSE procrastinate_retry_job_v2(
                    id, coalesce(%(retry_at)s, now()), %(priority)s, %(queue)s, %(lock)s
                ) END
    FROM owned
"""  # noqa: S608  constants alone


# How often a worker tries to end an entry, and how long it waits before it tries anything again.
ENDINGS = 3
PAUSE_S = 1.0


class OwnedEntries(JobManager):
    """Lets a worker end only the entries that are its own still, and outlive lost connections.

    A worker that was held up may come back after its entry went to another one. procrastinate does
    not notice when the heartbeat or the listener of a worker dies (its issue 1597): the worker
    would go on, taken for lost by all others.
    """

    def __init__(self, connector: BaseAsyncConnector) -> None:
        super().__init__(connector)
        #: Set once an entry could not be ended. Its worker must end, so that others take it back:
        #: while it lives, nobody does.
        self.stuck = asyncio.Event()

    async def update_heartbeat(self, worker_id: int) -> None:
        """Tell that the worker lives; when that fails, the next beat tells it."""
        with suppress(ConnectorException):
            await super().update_heartbeat(worker_id)

    async def listen_for_jobs(
        self, *, on_notification: NotificationCallback, queues: Iterable[str] | None = None
    ) -> None:
        """Listen for ever, on a new connection whenever one is lost."""
        while True:
            with suppress(ConnectorException):
                await super().listen_for_jobs(on_notification=on_notification, queues=queues)
            await asyncio.sleep(PAUSE_S)

    async def finish_job(self, job: QueueEntry, status: Status, delete_job: bool) -> None:
        """End an entry; does nothing when it is the worker's no longer."""
        await self._end(_FINISH, **_ownership(job), status=status.value, delete_job=delete_job)

    async def retry_job(
        self,
        job: QueueEntry,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """Queue an entry again, or remove it when its job was cancelled.

        Does nothing when it is the worker's no longer.
        """
        await self._end(
            _QUEUE_AGAIN,
            **_ownership(job),
            retry_at=retry_at,
            priority=priority,
            queue=queue,
            lock=lock,
        )

    async def _end(self, statement: str, **arguments: Any) -> None:
        """Execute a statement that ends an entry; may be repeated, since an answer may be lost."""
        for left in reversed(range(ENDINGS)):
            try:
                await self.connector.execute_query_async(statement, **arguments)
            except ConnectorException:
                if left == 0:
                    self.stuck.set()
                    raise
                await asyncio.sleep(PAUSE_S)
            else:
                return


def receiver(entry: QueueEntry) -> Worker | None:
    """Return the worker whose queue the entry is in."""
    return next((worker for worker in WORKERS if worker == entry.queue), None)


async def owned(connection: AsyncConnection, entry: QueueEntry) -> bool:
    """Tell whether the entry is with the worker still that `entry` names.

    It stays there until the transaction ends. Who locks the job as well locks it before.
    """
    cursor = await connection.execute(_OWNED, _ownership(entry))
    return await cursor.fetchone() is not None


async def queue_again(connection: AsyncConnection, entry: QueueEntry) -> None:
    """Queue the entry of a lost worker again, unless that has been done or it was cancelled."""
    nothing_new = dict.fromkeys(("retry_at", "priority", "queue", "lock"))
    await connection.execute(_QUEUE_AGAIN, {**_ownership(entry), **nothing_new})


async def drop(connection: AsyncConnection, entry: QueueEntry) -> None:
    """Remove the entry of a lost worker for good, unless that has been done."""
    done = {"status": Status.SUCCEEDED.value, "delete_job": True}
    await connection.execute(_FINISH, {**_ownership(entry), **done})


async def heartbeats(connection: AsyncConnection) -> dict[int, datetime]:
    """Return when each worker last told that it lives, by the database's clock then."""
    cursor = await connection.execute("SELECT id, last_heartbeat FROM procrastinate_workers")
    return dict(await cursor.fetchall())


async def wait_no_longer_than(connection: AsyncConnection, delay_s: float) -> None:
    """Let no entry wait longer from now on, as it would once a clock has been set back."""
    await connection.execute(
        "UPDATE procrastinate_jobs SET scheduled_at = now() + make_interval(secs => %(delay)s)"
        " WHERE status = 'todo' AND scheduled_at > now() + make_interval(secs => %(delay)s)",
        {"delay": delay_s},
    )


async def withdraw(connection: AsyncConnection, entry_id: int) -> None:
    """Remove a waiting entry; ask the worker that has it, if one has, to stop."""
    await connection.execute(
        "SELECT procrastinate_cancel_job_v1(%s, abort => true, delete_job => true)", [entry_id]
    )


def _ownership(entry: QueueEntry) -> dict[str, int | None]:
    return {"entry": entry.id, "owner": entry.worker_id}
