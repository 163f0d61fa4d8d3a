"""The steps within a job run that have events of their own: layers and index syncs."""

import time
from typing import Protocol, TypeVar

from psycopg import AsyncConnection

import observability as obs
from store import job_runs
from store.transaction import transaction
from workers.runtime.active_run import ActiveRun
from workers.runtime.failure import Failure, failure_of
from workers.runtime.lifecycle import attempts_left

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

    @property
    def cancelled_event_name(self) -> str:
        """The event that tells that the step's job was cancelled."""

    @property
    def required(self) -> bool:
        """Whether the run fails with the step even when no attempt is left that might mend it."""

    def started(self) -> obs.Event:
        """Return the event that tells the start."""

    async def work(self) -> Result:
        """Compute the step's result without blocking the event loop."""

    async def keep(self, connection: AsyncConnection, result: Result) -> None:
        """Store the result; may be repeated."""

    def completed(self, result: Result, latency_ms: float) -> obs.Event:
        """Return the event that tells the success."""

    def failed(self, error: obs.ToldError, latency_ms: float) -> obs.Event:
        """Return the event that tells the failure."""


async def run_step(run: ActiveRun, step: Step[Result]) -> None:
    """Work a step off within a run, in a span of its own: its result and its end commit together.

    Raises what the work raised, once the failure is told; not so when the step is not required and
    no attempt would be left. Raises LostRun when the run was closed.
    """
    ctx = run.told.ctx.with_span()
    await _start(run, step, ctx)
    began_s = time.monotonic()
    try:
        with obs.use_context(ctx):
            result = await step.work()
    except BaseException as error:
        if await _fail(run, step, ctx, failure_of(error), _elapsed_ms(began_s)):
            raise
        return
    async with transaction(run.pool) as tx:
        await job_runs.end_step(tx.connection, run.job_run_id, step.step)
        await step.keep(tx.connection, result)
        tx.tell(step.completed(result, _elapsed_ms(began_s)), ctx)


async def _start(run: ActiveRun, step: Step[Result], ctx: obs.ObsContext) -> None:
    started = step.started()
    async with transaction(run.pool) as tx:
        await job_runs.start_step(
            tx.connection,
            run.job_run_id,
            step.step,
            failed_event_name=step.failed_event_name,
            cancelled_event_name=step.cancelled_event_name,
            payload=started.payload(),
            carrier=obs.inject(ctx),
        )
        tx.tell(started, ctx)


async def _fail(
    run: ActiveRun, step: Step[Result], ctx: obs.ObsContext, failure: Failure, latency_ms: float
) -> bool:
    """End a step as failed; return whether its run fails with it."""
    async with transaction(run.pool) as tx:
        await job_runs.end_step(tx.connection, run.job_run_id, step.step)
        tx.tell(step.failed(failure.error, latency_ms), ctx)
        return step.required or await attempts_left(tx, run.job, run.told.worker, failure)


def _elapsed_ms(began_s: float) -> float:
    return 1000 * (time.monotonic() - began_s)
