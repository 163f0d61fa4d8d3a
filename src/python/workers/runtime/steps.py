"""The steps within a job run that have events of their own: layers and index syncs."""

import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import zip_longest
from typing import Any, Protocol, TypeVar

from psycopg import AsyncConnection

import observability as obs
from store import job_runs
from store.transaction import Transaction
from workers.runtime.active_run import ActiveRun
from workers.runtime.failure import failure_of
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


#: Tells the end of a step in a transaction; returns the error with which its run fails, if any.
_End = Callable[[Transaction], Awaitable[BaseException | None]]


async def run_step(run: ActiveRun, step: Step[Any]) -> None:
    """Work a step off as `run_steps` does, and raise what the run fails with."""
    for error in await run_steps(run, [step]):
        raise error


async def run_steps(run: ActiveRun, steps: Sequence[Step[Any]]) -> list[Exception]:
    """Work steps off one after the other within a run, each in a span of its own.

    A step's result, its end and the start of the next commit together. The next is worked off also
    when one fails; returned is what those raised with which the run fails: not so when a step is
    not required and no attempt would be left. The errors are LostRun when the run was closed.
    """
    errors: list[Exception] = []
    ctx: obs.ObsContext | None = None
    for step, following in zip_longest(steps, steps[1:]):
        try:
            ended = await _work(run, step, ctx or await _begin(run, step))
            async with run.database.transaction() as tx:
                error = await ended(tx)
                go_on = following is not None and isinstance(error, Exception | None)
                ctx = await _start(tx, run, following) if go_on else None
        except Exception as unable:  # noqa: BLE001  it is raised once all have ended
            ctx, error = None, unable
        if isinstance(error, Exception):
            errors.append(error)
        elif error is not None:
            raise error
    return errors


async def _begin(run: ActiveRun, step: Step[Any]) -> obs.ObsContext:
    async with run.database.transaction() as tx:
        return await _start(tx, run, step)


async def _start(tx: Transaction, run: ActiveRun, step: Step[Any]) -> obs.ObsContext:
    ctx, started = run.told.ctx.with_span(), step.started()
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
    return ctx


async def _work(run: ActiveRun, step: Step[Result], ctx: obs.ObsContext) -> _End:
    """Do a step's work, and return what tells how it ended."""
    began_s = time.monotonic()
    try:
        with obs.use_context(ctx):
            result = await step.work()
    except BaseException as error:  # noqa: BLE001  it is raised once it is told
        return partial(_fail, run, step, ctx, error, _elapsed_ms(began_s))
    return partial(_complete, run, step, ctx, result, _elapsed_ms(began_s))


async def _complete(
    run: ActiveRun,
    step: Step[Result],
    ctx: obs.ObsContext,
    result: Result,
    latency_ms: float,
    tx: Transaction,
) -> None:
    await job_runs.end_step(tx.connection, run.job_run_id, step.step)
    await step.keep(tx.connection, result)
    tx.tell(step.completed(result, latency_ms), ctx)


async def _fail(
    run: ActiveRun,
    step: Step[Any],
    ctx: obs.ObsContext,
    error: BaseException,
    latency_ms: float,
    tx: Transaction,
) -> BaseException | None:
    failure = failure_of(error)
    await job_runs.end_step(tx.connection, run.job_run_id, step.step)
    tx.tell(step.failed(failure.error, latency_ms), ctx)
    fails = step.required or await attempts_left(tx, run.job, run.told.worker, failure)
    return error if fails else None


def _elapsed_ms(began_s: float) -> float:
    return 1000 * (time.monotonic() - began_s)
