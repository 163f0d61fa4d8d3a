"""A worker process: takes messages from its queue and works them off, one run each."""

import asyncio
import math
import secrets
from contextlib import suppress

from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status
from psycopg.errors import ForeignKeyViolation

import observability as obs
from store.database import Database
from store.job_runs import LostRun
from store.pipeline import Worker
from store.queue import (
    InvalidMessage,
    Queue,
    QueueEntry,
    parse_message,
    queue_at,
    task_name,
    until_stuck,
)
from workers.runtime.active_run import ActiveRun, Handler
from workers.runtime.failure import Unavailable, failure_of
from workers.runtime.lifecycle import begin, complete, fail, reject
from workers.runtime.recovery import Recovery
from workers.runtime.timing import Timing


class RetryLater(Exception):
    """Another attempt may have to follow: `begin` finds out."""


class GivenUp(Exception):
    """This worker must end, so that another one takes over what it had."""


class Backoff(BaseRetryStrategy):
    """Exponential back-off with full jitter, and no sooner than what is unavailable asked for.

    No delay is longer than `longest_delay_s`. A stopped worker's message goes back at once.
    """

    def __init__(self, longest_delay_s: float) -> None:
        self._longest_delay_s = longest_delay_s

    def get_retry_decision(self, *, exception: BaseException, job: QueueEntry) -> RetryDecision:
        """Queue the message again, whatever went wrong: `begin` decides what is left to do."""
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision(retry_in={"seconds": 0})
        ceiling = min(2.0**job.attempts, self._longest_delay_s)
        delay_s = 1 + int(secrets.SystemRandom().uniform(0, ceiling))
        cause = exception.__cause__
        if isinstance(cause, Unavailable):
            delay_s = max(delay_s, math.ceil(min(cause.retry_after_s, self._longest_delay_s)))
        return RetryDecision(retry_in={"seconds": delay_s})


async def serve(url: str, worker: Worker, handler: Handler, timing: Timing) -> None:
    """Work off the worker's queue in the database at `url` until SIGTERM or SIGINT.

    A run that does not end within the grace period is handed back for another attempt.
    Raises psycopg.OperationalError or ConnectorException when the database goes away, and GivenUp.
    """
    database, queue = Database(url), queue_at(url)
    register(queue, database, worker, handler, Backoff(timing.longest_delay_s))
    async with database, queue.open_async():
        recovery = asyncio.create_task(Recovery(database, queue, timing).for_ever())
        working = asyncio.create_task(_work(queue, worker, timing))
        watching = asyncio.create_task(_give_up_when_stuck(queue))
        tasks = (recovery, working, watching)
        # None goes on without the others.
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _work(queue: Queue, worker: Worker, timing: Timing) -> None:
    try:
        await queue.run_worker_async(
            queues=[worker],
            name=worker,
            # Only a new message is notified of, not one that is queued again.
            fetch_job_polling_interval=timing.heartbeat_s,
            abort_job_polling_interval=timing.heartbeat_s,
            update_heartbeat_interval=timing.heartbeat_s,
            stalled_worker_timeout=timing.stalled_s,
            shutdown_graceful_timeout=timing.grace_s,
            delete_jobs="successful",
        )
    except ConnectorException as error:
        if isinstance(error.__cause__, ForeignKeyViolation):
            raise GivenUp("the worker was silent for too long. Start it again.") from error
        raise


async def _give_up_when_stuck(queue: Queue) -> None:
    await until_stuck(queue)
    raise GivenUp("the database did not take the end of a message. Start the worker again.")


def register(
    queue: Queue, database: Database, worker: Worker, handler: Handler, retry: Backoff
) -> None:
    """Register the worker's task with the queue."""

    async def work_off(context: JobContext, /, **message: object) -> None:
        try:
            ctx = parse_message(context.job).context()
        except InvalidMessage as error:
            if not await reject(database, context.job, error):
                # It stays in the queue as failed, for people to look at.
                await queue.job_manager.finish_job(context.job, Status.FAILED, delete_job=False)
            return
        run = await begin(database, worker, context.job, ctx)
        if run is not None:
            await _run(run, handler, queue)

    queue.task(name=task_name(worker), queue=worker, retry=retry, pass_context=True)(work_off)


async def _run(run: ActiveRun, handler: Handler, queue: Queue) -> None:
    with obs.use_context(run.told.ctx):
        try:
            effect = await handler(run)
            await complete(run, effect, queue)
        except BaseException as error:
            if await _fail(run, error):
                raise RetryLater from error
            if isinstance(error, asyncio.CancelledError):
                raise


async def _fail(run: ActiveRun, error: BaseException) -> bool:
    """End a run as failed; return whether its message has to go back to the queue."""
    try:
        will_retry = await fail(run, failure_of(error))
    except LostRun:
        # It has ended: by another worker, which has taken the message over, or by ourselves, and
        # the answer was lost. Then the message is ours still, and must not be lost as well.
        return True
    return will_retry and not isinstance(error, asyncio.CancelledError)
