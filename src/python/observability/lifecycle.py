"""What has a start and exactly one end: job runs, layers, index syncs.

`job_run`, `layer` and `index_sync` are context managers, for `with` and `async with`. Who has to
commit the events with a state change builds them from `JobRun`, `Layer` and `IndexSync` instead,
or gives the functions a `tell` of its own.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

from observability.context import ObsContext, bind
from observability.emit import current_context, emit
from observability.event import Event
from observability.events import (
    IndexSyncCompleted,
    IndexSyncFailed,
    IndexSyncStarted,
    JobRunCancelled,
    JobRunCompleted,
    JobRunFailed,
    JobRunStarted,
    LayerCompleted,
    LayerFailed,
    LayerStarted,
)
from observability.identifiers import new_uuid
from observability.privacy import ToldError, told_error

JobType = Literal["ingest", "transcribe", "diarize", "enrich", "index"]
Worker = Literal["ingest", "transcribe", "diarize", "enrich", "indexer"]

#: Where events go: `emit`, or something that records them with a state change.
Tell = Callable[[Event, ObsContext], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    """One attempt of one worker at one job, under way since the monotonic time `began_s`."""

    ctx: ObsContext
    job_type: JobType
    worker: Worker
    attempt: int
    began_s: float = field(default_factory=time.monotonic)

    def elapsed_ms(self) -> float:
        """Return the milliseconds since the run began."""
        return _elapsed_ms(self.began_s)

    def started(self) -> JobRunStarted:
        """Tell the start."""
        return JobRunStarted(job_type=self.job_type, worker=self.worker, attempt=self.attempt)

    def completed(self) -> JobRunCompleted:
        """Tell the success."""
        return JobRunCompleted(
            job_type=self.job_type,
            worker=self.worker,
            attempt=self.attempt,
            latency_ms=self.elapsed_ms(),
        )

    def failed(self, error: ToldError, *, will_retry: bool) -> JobRunFailed:
        """Tell the failure, and whether another attempt is to follow."""
        return JobRunFailed(
            job_type=self.job_type,
            worker=self.worker,
            attempt=self.attempt,
            latency_ms=self.elapsed_ms(),
            error_type=error.error_type,
            error_message=error.error_message,
            will_retry=will_retry,
        )

    def cancelled(self) -> JobRunCancelled:
        """Tell that its job was cancelled."""
        return JobRunCancelled(
            job_type=self.job_type,
            worker=self.worker,
            attempt=self.attempt,
            latency_ms=self.elapsed_ms(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer's computation within a job run."""

    layer_name: str
    layer_version: str
    model_provider: str
    model_id: str
    attempt: int = 1

    def started(self) -> LayerStarted:
        """Tell the start."""
        return LayerStarted(
            layer_name=self.layer_name,
            layer_version=self.layer_version,
            attempt=self.attempt,
            model_provider=self.model_provider,
            model_id=self.model_id,
        )

    def completed(
        self, *, latency_ms: float, tokens_in: int | None = None, tokens_out: int | None = None
    ) -> LayerCompleted:
        """Tell the success, with the tokens where the provider counts them."""
        return LayerCompleted(
            layer_name=self.layer_name,
            layer_version=self.layer_version,
            attempt=self.attempt,
            latency_ms=latency_ms,
            model_provider=self.model_provider,
            model_id=self.model_id,
            tokens_in=tokens_in,
            tokens_out=tokens_out,
        )

    def failed(self, error: ToldError, *, latency_ms: float) -> LayerFailed:
        """Tell the failure."""
        return LayerFailed(
            layer_name=self.layer_name,
            layer_version=self.layer_version,
            attempt=self.attempt,
            latency_ms=latency_ms,
            model_provider=self.model_provider,
            model_id=self.model_id,
            error_type=error.error_type,
            error_message=error.error_message,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSync:
    """One sync of a search index within a job run."""

    index: str
    documents_count: int
    attempt: int = 1

    def started(self) -> IndexSyncStarted:
        """Tell the start."""
        return IndexSyncStarted(
            index=self.index, attempt=self.attempt, documents_count=self.documents_count
        )

    def completed(self, *, latency_ms: float) -> IndexSyncCompleted:
        """Tell the success."""
        return IndexSyncCompleted(
            index=self.index,
            attempt=self.attempt,
            documents_count=self.documents_count,
            latency_ms=latency_ms,
        )

    def failed(self, error: ToldError, *, latency_ms: float) -> IndexSyncFailed:
        """Tell the failure."""
        return IndexSyncFailed(
            index=self.index,
            attempt=self.attempt,
            documents_count=self.documents_count,
            latency_ms=latency_ms,
            error_type=error.error_type,
            error_message=error.error_message,
        )


def start_job_run(
    ctx: ObsContext,
    job_run_id: str,
    job_id: str,
    attempt: int,
    *,
    job_type: JobType,
    worker: Worker,
    tell: Tell = emit,
) -> JobRun:
    """Begin a run, in a span of its own below that of `ctx`, and tell it."""
    run_ctx = ctx.with_job(job_id).with_job_run(job_run_id)
    run = JobRun(ctx=run_ctx, job_type=job_type, worker=worker, attempt=attempt)
    tell(run.started(), run.ctx)
    return run


def end_job_run_success(run: JobRun, *, tell: Tell = emit) -> None:
    """Tell that a run completed."""
    tell(run.completed(), run.ctx)


def end_job_run_failure(
    run: JobRun, error: BaseException | ToldError, *, will_retry: bool, tell: Tell = emit
) -> None:
    """Tell that a run failed; only the project's own errors keep their message."""
    told = error if isinstance(error, ToldError) else told_error(error)
    tell(run.failed(told, will_retry=will_retry), run.ctx)


class _Scope:
    """Binds a context for the time of a block, and tells the block's end however it ends."""

    def __init__(self, ctx: ObsContext, began: Event) -> None:
        self.ctx = ctx
        self._began = began
        self._began_s = 0.0
        self._outer: ObsContext | None = None

    def __enter__(self) -> Self:
        self._began_s = time.monotonic()
        emit(self._began, self.ctx)
        self._outer = bind(self.ctx)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        bind(self._outer)
        ended = self._completed() if error is None else self._failed(error)
        emit(ended, self.ctx)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, traceback)

    def elapsed_ms(self) -> float:
        """Return the milliseconds since the block was entered."""
        return _elapsed_ms(self._began_s)

    def _completed(self) -> Event:
        raise NotImplementedError

    def _failed(self, error: BaseException) -> Event:
        raise NotImplementedError


class JobRunScope(_Scope):
    """A job run for the time of a block; `run.ctx` is its context."""

    def __init__(self, run: JobRun, will_retry: Callable[[BaseException], bool]) -> None:
        super().__init__(run.ctx, run.started())
        self.run = run
        self._will_retry = will_retry

    def _completed(self) -> Event:
        return self.run.completed()

    def _failed(self, error: BaseException) -> Event:
        return self.run.failed(told_error(error), will_retry=self._will_retry(error))


class LayerScope(_Scope):
    """A layer for the time of a block."""

    def __init__(self, layer: Layer) -> None:
        super().__init__(current_context().with_span(), layer.started())
        self._layer = layer
        self._tokens_in: int | None = None
        self._tokens_out: int | None = None

    def count_tokens(self, *, tokens_in: int, tokens_out: int) -> None:
        """Note what the provider counted; it is told when the layer completes."""
        self._tokens_in, self._tokens_out = tokens_in, tokens_out

    def _completed(self) -> Event:
        return self._layer.completed(
            latency_ms=self.elapsed_ms(), tokens_in=self._tokens_in, tokens_out=self._tokens_out
        )

    def _failed(self, error: BaseException) -> Event:
        return self._layer.failed(told_error(error), latency_ms=self.elapsed_ms())


class IndexSyncScope(_Scope):
    """An index sync for the time of a block."""

    def __init__(self, sync: IndexSync) -> None:
        super().__init__(current_context().with_span(), sync.started())
        self._sync = sync

    def _completed(self) -> Event:
        return self._sync.completed(latency_ms=self.elapsed_ms())

    def _failed(self, error: BaseException) -> Event:
        return self._sync.failed(told_error(error), latency_ms=self.elapsed_ms())


def _never(error: BaseException) -> bool:
    return False


def job_run(
    *,
    job_id: str,
    job_type: JobType,
    worker: Worker,
    attempt: int = 1,
    job_run_id: str | None = None,
    ctx: ObsContext | None = None,
    will_retry: Callable[[BaseException], bool] = _never,
) -> JobRunScope:
    """Tell a run's start and end around a block, and bind its context within.

    `ctx` is by default the bound context, `job_run_id` a new one. An exception ends the run as
    failed, and `will_retry` says of it whether another attempt is to follow; it goes on.
    """
    outer = ctx or current_context()
    run_ctx = outer.with_job(job_id).with_job_run(job_run_id or new_uuid())
    run = JobRun(ctx=run_ctx, job_type=job_type, worker=worker, attempt=attempt)
    return JobRunScope(run, will_retry)


def layer(
    *,
    layer_name: str,
    layer_version: str,
    model_provider: str,
    model_id: str,
    attempt: int = 1,
) -> LayerScope:
    """Tell a layer's start and end around a block within a job run."""
    return LayerScope(
        Layer(
            layer_name=layer_name,
            layer_version=layer_version,
            model_provider=model_provider,
            model_id=model_id,
            attempt=attempt,
        )
    )


def index_sync(*, index: str, documents_count: int, attempt: int = 1) -> IndexSyncScope:
    """Tell an index sync's start and end around a block within a job run."""
    return IndexSyncScope(IndexSync(index=index, documents_count=documents_count, attempt=attempt))


def _elapsed_ms(began_s: float) -> float:
    return 1000 * (time.monotonic() - began_s)
