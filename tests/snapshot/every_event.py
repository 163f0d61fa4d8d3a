"""One instance of every event with all its fields, beside the context that it happens in."""

from observability.context import Actor, ObsContext
from observability.event import Event
from observability.events import (
    ContractViolated,
    EventsDropped,
    IndexSyncCancelled,
    IndexSyncCompleted,
    IndexSyncFailed,
    IndexSyncStarted,
    JobCancelled,
    JobCompleted,
    JobCreated,
    JobFailed,
    JobRetried,
    JobRunCancelled,
    JobRunCompleted,
    JobRunFailed,
    JobRunStarted,
    JobStarted,
    JobStatusViewed,
    LayerCancelled,
    LayerCompleted,
    LayerFailed,
    LayerStarted,
    LibraryLogged,
    RequestDenied,
    RequestFailed,
    SearchExecuted,
    SearchFailed,
    Violation,
)

ACTOR = Actor(service_name="snapshot", service_version="9.9.9", env="test", host="host-1")

PARENT = "b7ad6b7169203331"

PROCESS = ObsContext(actor=ACTOR)
REQUEST = ObsContext(
    actor=ACTOR,
    request_id="01939f6e-2c1a-7aa0-8c41-d2b7e9f01234",
    trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
    span_id="00f067aa0ba902b7",
)
JOB = REQUEST.with_job("01939f6e-2c1c-7000-8000-00000000000a")
# Not with_job_run, which would begin a span with a random id.
RUN = ObsContext(
    actor=ACTOR,
    request_id=JOB.request_id,
    job_id=JOB.job_id,
    job_run_id="01939f6e-2c1d-7000-8000-00000000000b",
    trace_id=JOB.trace_id,
    span_id="00f067aa0ba902b8",
)

EVERY_EVENT: tuple[tuple[Event, ObsContext], ...] = (
    (
        SearchExecuted(
            parent_span_id=PARENT,
            mode="hybrid",
            results_count=3,
            latency_ms=8.125,
            backend_latency_ms=2.5,
            index="passages",
            filters=["language", "speaker"],
            query_hash="9f86d081884c7d659a2feaa0c55ad015",
            query_length=12,
        ),
        REQUEST,
    ),
    (
        SearchFailed(
            parent_span_id=PARENT,
            mode="vector",
            latency_ms=30.5,
            error_type="SearchUnavailable",
            error_message="the index is away",
        ),
        REQUEST,
    ),
    (
        RequestFailed(
            parent_span_id=PARENT,
            method="GET",
            route="/jobs/{job_id}",
            status_code=500,
            latency_ms=1.25,
            error_type="OperationalError",
        ),
        REQUEST,
    ),
    (
        RequestDenied(
            parent_span_id=PARENT,
            method="POST",
            status_code=403,
            reason="scope_missing",
            key_id="6d083cb825ae",
            suppressed_count=2,
        ),
        REQUEST,
    ),
    (JobCreated(parent_span_id=PARENT, job_type="ingest"), JOB),
    (JobStatusViewed(parent_span_id=PARENT, job_type="ingest", status="started"), JOB),
    (JobStarted(job_type="ingest", attempt=1), JOB),
    (JobCompleted(job_type="ingest", attempt=1, latency_ms=8430.0), JOB),
    (
        JobFailed(
            job_type="ingest",
            attempt=3,
            latency_ms=61000.5,
            error_type="UnsupportedMedia",
            error_message="the media has no audio stream",
        ),
        JOB,
    ),
    (
        JobCancelled(
            parent_span_id=PARENT,
            job_type="ingest",
            attempt=1,
            latency_ms=905.5,
            by_request_id="01939f6e-2c1e-7000-8000-00000000000c",
        ),
        JOB,
    ),
    (
        JobRetried(
            parent_span_id=PARENT,
            job_type="ingest",
            attempt=2,
            by_request_id="01939f6e-2c1e-7000-8000-00000000000c",
        ),
        JOB,
    ),
    (JobRunStarted(parent_span_id=PARENT, job_type="ingest", worker="transcribe", attempt=1), RUN),
    (
        JobRunCompleted(
            parent_span_id=PARENT,
            job_type="ingest",
            worker="transcribe",
            attempt=1,
            latency_ms=4640.0,
        ),
        RUN,
    ),
    (
        JobRunFailed(
            parent_span_id=PARENT,
            job_type="ingest",
            worker="transcribe",
            attempt=1,
            latency_ms=4012.5,
            error_type="UnsupportedMedia",
            error_message="the media has no audio stream",
            will_retry=True,
        ),
        RUN,
    ),
    (
        JobRunCancelled(
            parent_span_id=PARENT,
            job_type="ingest",
            worker="enrich",
            attempt=1,
            latency_ms=4012.5,
        ),
        RUN,
    ),
    (
        LayerStarted(
            parent_span_id=PARENT,
            layer_name="sentiment",
            layer_version="1.0.0",
            attempt=1,
            model_provider="vaderSentiment",
            model_id="vader-3.3.2",
        ),
        RUN,
    ),
    (
        LayerCompleted(
            parent_span_id=PARENT,
            layer_name="sentiment",
            layer_version="1.0.0",
            attempt=1,
            latency_ms=5.875,
            model_provider="vaderSentiment",
            model_id="vader-3.3.2",
            tokens_in=120,
            tokens_out=8,
        ),
        RUN,
    ),
    (
        LayerFailed(
            parent_span_id=PARENT,
            layer_name="sentiment",
            layer_version="1.0.0",
            attempt=2,
            latency_ms=40.25,
            model_provider="vaderSentiment",
            model_id="vader-3.3.2",
            error_type="BadInput",
            error_message="the document has no segments",
            tokens_in=120,
            tokens_out=0,
        ),
        RUN,
    ),
    (
        LayerCancelled(
            parent_span_id=PARENT,
            layer_name="sentiment",
            layer_version="1.0.0",
            attempt=1,
            latency_ms=40.25,
            model_provider="vaderSentiment",
            model_id="vader-3.3.2",
        ),
        RUN,
    ),
    (IndexSyncStarted(parent_span_id=PARENT, index="passages", attempt=1, documents_count=1), RUN),
    (
        IndexSyncCompleted(
            parent_span_id=PARENT, index="passages", attempt=1, documents_count=1, latency_ms=19.875
        ),
        RUN,
    ),
    (
        IndexSyncFailed(
            parent_span_id=PARENT,
            index="passages",
            attempt=1,
            documents_count=1,
            latency_ms=19.875,
            error_type="IndexUnavailable",
            error_message="the index is away",
        ),
        RUN,
    ),
    (
        IndexSyncCancelled(
            parent_span_id=PARENT, index="passages", attempt=1, documents_count=1, latency_ms=19.875
        ),
        RUN,
    ),
    (
        ContractViolated(
            suppressed_count=12,
            violating_event_name="narralytica.search.executed",
            outcome="withheld",
            violations=[
                Violation(path="/payload/results_count", rule="minimum"),
                Violation(path="/payload", rule="additionalProperties"),
            ],
        ),
        REQUEST,
    ),
    (EventsDropped(dropped_count=4, sink="stdout", reason="broken_pipe"), PROCESS),
    (
        LibraryLogged(
            logger_name="uvicorn.error",
            level="error",
            function_name="run_asgi",
            line_number=416,
            error_type="KeyError",
        ),
        REQUEST,
    ),
)
