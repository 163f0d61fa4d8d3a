"""A worker process: takes messages from its queue and works them off, one run each."""

import asyncio
import secrets
from contextlib import suppress

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job as QueueEntry
from psycopg_pool import AsyncConnectionPool

import observability as obs
from store.database import connection_pool
from store.job_runs import LostRun
from store.pipeline import Worker
from store.queue import Queue, parse_message, queue_at, task_name
from workers.runtime.active_run import ActiveRun, Handler
from workers.runtime.failure import failure_of
from workers.runtime.lifecycle import begin, complete, fail
from workers.runtime.recovery import HEARTBEAT_S, STALLED_S, recover_for_ever

# Less than STALLED_S: no heartbeat is sent while the worker stops.
GRACE_S = 6.0

MAX_DELAY_S = 60.0


class RetryLater(Exception):
    """The run failed, and another attempt is to follow."""


class Backoff(BaseRetryStrategy):
    """Exponential back-off with full jitter; a stopped worker's message goes back at once."""

    def get_retry_decision(self, *, exception: BaseException, job: QueueEntry) -> RetryDecision:
        """Queue the message again, whatever went wrong: `begin` decides what is left to do."""
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision(retry_in={"seconds": 0})
        ceiling = min(2.0**job.attempts, MAX_DELAY_S)
        return RetryDecision(
            retry_in={"seconds": 1 + int(secrets.SystemRandom().uniform(0, ceiling))}
        )


async def serve(url: str, worker: Worker, handler: Handler) -> None:
    """Work off the worker's queue in the database at `url` until SIGTERM or SIGINT.

    A run that does not end within the grace period is handed back for another attempt.
    """
    pool, queue = connection_pool(url), queue_at(url)
    register(queue, pool, worker, handler)
    async with pool, queue.open_async():
        recovery = asyncio.create_task(recover_for_ever(pool, queue))
        try:
            await queue.run_worker_async(
                queues=[worker],
                name=worker,
                update_heartbeat_interval=HEARTBEAT_S,
                stalled_worker_timeout=STALLED_S,
                shutdown_graceful_timeout=GRACE_S,
                delete_jobs="successful",
            )
        finally:
            recovery.cancel()
            with suppress(asyncio.CancelledError):
                await recovery


def register(queue: Queue, pool: AsyncConnectionPool, worker: Worker, handler: Handler) -> None:
    """Register the worker's task with the queue."""

    async def work_off(message: object) -> None:
        ctx = parse_message(message).context()
        run = await begin(pool, worker, ctx)
        if run is not None:
            await _run(run, handler, queue)

    queue.task(name=task_name(worker), queue=worker, retry=Backoff())(work_off)


async def _run(run: ActiveRun, handler: Handler, queue: Queue) -> None:
    with obs.use_context(run.ctx):
        try:
            effect = await handler(run)
            await complete(run, effect, queue)
        except LostRun:
            return
        except BaseException as error:
            if await fail(run, failure_of(error)):
                raise RetryLater from error
