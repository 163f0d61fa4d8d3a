"""Our façade: every event is validated against its whole envelope schema."""

import observability as obs
from benchmarks.emit import event
from benchmarks.emit.subject import Subject


def string_bound() -> Subject:
    """Emit by name, in a context bound to the thread."""
    ctx = _configured()

    def write(count: int) -> None:
        with obs.use_context(ctx):
            for _ in range(count):
                obs.emit(event.EVENT_NAME, event.payload(event.LATENCY_MS))

    return Subject(write=write)


def typed_bound() -> Subject:
    """Emit a typed event, in a context bound to the thread."""
    ctx = _configured()

    def write(count: int) -> None:
        with obs.use_context(ctx):
            for _ in range(count):
                obs.emit(layer_completed(event.LATENCY_MS))

    return Subject(write=write)


def string_explicit() -> Subject:
    """Emit by name, in a context handed over with each event."""
    ctx = _configured()

    def write(count: int) -> None:
        for _ in range(count):
            obs.emit(event.EVENT_NAME, event.payload(event.LATENCY_MS), ctx)

    return Subject(write=write)


def typed_explicit() -> Subject:
    """Emit a typed event, in a context handed over with each event."""
    ctx = _configured()

    def write(count: int) -> None:
        for _ in range(count):
            obs.emit(layer_completed(event.LATENCY_MS), ctx)

    return Subject(write=write)


def typed_alone() -> Subject:
    """Make typed events and let them go."""

    def write(count: int) -> None:
        for _ in range(count):
            layer_completed(event.LATENCY_MS)

    return Subject(write=write)


def layer_completed(latency_ms: float) -> obs.events.LayerCompleted:
    """Return the typed event of a layer that took `latency_ms` milliseconds."""
    return obs.events.LayerCompleted(
        layer_name="sentiment",
        layer_version="1.2.0",
        attempt=1,
        latency_ms=latency_ms,
        model_provider="vaderSentiment",
        model_id="vader-lexicon-3.3.2",
        tokens_in=5120,
        tokens_out=128,
    )


def _configured() -> obs.ObsContext:
    obs.configure(
        service_name=event.SERVICE_NAME, service_version=event.SERVICE_VERSION, host=event.HOST
    )
    ctx = obs.current_context().with_request_id(event.REQUEST_ID)
    ctx = ctx.with_job(event.JOB_ID).with_job_run(event.JOB_RUN_ID)
    return ctx.with_trace(event.TRACE_ID, event.SPAN_ID)
