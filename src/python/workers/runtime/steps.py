"""The steps within a job run that have events of their own: layers and index syncs."""

import time
from typing import Protocol, TypeVar

from psycopg import AsyncConnection

from observability.event import Event
from store import job_runs
from store.transaction import transaction
from workers.runtime.active_run import ActiveRun
from workers.runtime.failure import Failure, failure_of

Result = TypeVar("Result")


class Step(Protocol[Result]):
    """A piece of work with a start and exactly one end.

    `failed` repeats what `started` says, so that recovery can close the step of a lost worker.
    """

    @property
    def step(self) -> str:
        """The step's name, unique within its job run."""

    @property
    def failed_event_name(self) -> str:
        """The event that tells the step's failure."""

    def started(self) -> Event:
        """Return the event that tells the start."""

    async def work(self) -> Result:
        """Compute the step's result without blocking the event loop."""

    async def keep(self, connection: AsyncConnection, result: Result) -> None:
        """Store the result; may be repeated."""

    def completed(self, result: Result, latency_ms: float) -> Event:
        """Return the event that tells the success."""

    def failed(self, failure: Failure, latency_ms: float) -> Event:
        """Return the event that tells the failure."""


async def run_step(run: ActiveRun, step: Step[Result]) -> Result:
    """Work a step off within a run: its result and its end commit together.

    Raises what the work raised, once the failure is told, and LostRun when the run was closed.
    """
    await _start(run, step)
    began_s = time.monotonic()
    try:
        result = await step.work()
    except BaseException as error:
        await _fail(run, step, failure_of(error), _elapsed_ms(began_s))
        raise
    async with transaction(run.pool) as tx:
        await job_runs.end_step(tx.connection, run.job_run_id, step.step)
        await step.keep(tx.connection, result)
        tx.tell(step.completed(result, _elapsed_ms(began_s)), run.ctx)
    return result


async def _start(run: ActiveRun, step: Step[Result]) -> None:
    started = step.started()
    async with transaction(run.pool) as tx:
        await job_runs.start_step(
            tx.connection,
            run.job_run_id,
            step.step,
            failed_event_name=step.failed_event_name,
            payload=started.payload(),
        )
        tx.tell(started, run.ctx)


async def _fail(run: ActiveRun, step: Step[Result], failure: Failure, latency_ms: float) -> None:
    async with transaction(run.pool) as tx:
        await job_runs.end_step(tx.connection, run.job_run_id, step.step)
        tx.tell(step.failed(failure, latency_ms), run.ctx)


def _elapsed_ms(began_s: float) -> float:
    return 1000 * (time.monotonic() - began_s)
