"""The steps within a job run that have events of their own: layers and index syncs."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Protocol, TypeVar

from psycopg import AsyncConnection

import observability as obs
from store import job_runs
from store.job_runs import NewStep
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """A step that has begun, in a span of its own, or is about to."""

    step: Step[Any]
    ctx: obs.ObsContext
    started: obs.Event

    def kept(self) -> NewStep:
        """Return what recovery needs to tell its end."""
        return NewStep(
            step=self.step.step,
            failed_event_name=self.step.failed_event_name,
            cancelled_event_name=self.step.cancelled_event_name,
            payload=self.started.payload(),
            carrier=obs.inject(self.ctx),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What a step's work came to: a result, or an error."""

    latency_ms: float
    result: Any = None
    error: BaseException | None = None

    @property
    def stopped(self) -> bool:
        """Whether it did not fail, but was made to stop, as all that follows."""
        return not isinstance(self.error, Exception | None)


async def run_step(run: ActiveRun, step: Step[Any]) -> None:
    """Work a step off as `run_steps` does, and raise what the run fails with."""
    for error in await run_steps(run, [step]):
        raise error


async def run_steps(run: ActiveRun, steps: Sequence[Step[Any]]) -> list[Exception]:
    """Work steps off one after the other within a run, each in a span of its own.

    A step's result, its end and the start of the next commit together. The next is worked off also
    when one fails; returned is what those raised with which the run fails: not so when a step is
    not required and no attempt would be left. LostRun is among it when the run was closed.
    """
    errors: list[Exception] = []
    begun: _Begun | None = None
    for step, following in zip_longest(steps, steps[1:]):
        try:
            begun = begun or await _begin(run, step)
            outcome = await _work(begun)
            ended = begun
            begun = None if following is None or outcome.stopped else _begun(run, following)
            error = await _end(run, ended, outcome, begun)
        except Exception as unable:  # noqa: BLE001  it is raised once all have ended
            begun, error = None, unable
        if isinstance(error, Exception):
            errors.append(error)
        elif error is not None:
            raise error
    return errors


def _begun(run: ActiveRun, step: Step[Any]) -> _Begun:
    return _Begun(step=step, ctx=run.told.ctx.with_span(), started=step.started())


async def _begin(run: ActiveRun, step: Step[Any]) -> _Begun:
    begun = _begun(run, step)
    async with run.database.transaction() as tx:
        await job_runs.start_step(tx.connection, run.job_run_id, begun.kept())
        tx.tell(begun.started, begun.ctx)
    return begun


async def _work(begun: _Begun) -> _Outcome:
    began_s = time.monotonic()
    try:
        with obs.use_context(begun.ctx):
            result = await begun.step.work()
    except BaseException as error:  # noqa: BLE001  it is raised once it is told
        return _Outcome(error=error, latency_ms=_elapsed_ms(began_s))
    return _Outcome(result=result, latency_ms=_elapsed_ms(began_s))


async def _end(
    run: ActiveRun, begun: _Begun, outcome: _Outcome, following: _Begun | None
) -> BaseException | None:
    """End a step, and start the following one, if any; return what the run fails with, if it does.

    Raises LostRun when the run was closed.
    """
    step = begun.step
    async with run.database.transaction() as tx:
        if following is None:
            await job_runs.end_step(tx.connection, run.job_run_id, step.step)
        else:
            kept = following.kept()
            await job_runs.next_step(tx.connection, run.job_run_id, step.step, kept)
        if outcome.error is None:
            await step.keep(tx.connection, outcome.result)
            tx.tell(step.completed(outcome.result, outcome.latency_ms), begun.ctx)
            fails = False
        else:
            failure = failure_of(outcome.error)
            tx.tell(step.failed(failure.error, outcome.latency_ms), begun.ctx)
            fails = step.required or await attempts_left(tx, run.job, run.told.worker, failure)
        if following is not None:
            tx.tell(following.started, following.ctx)
    return outcome.error if fails else None


def _elapsed_ms(began_s: float) -> float:
    return 1000 * (time.monotonic() - began_s)
