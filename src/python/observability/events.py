"""The typed events. Generated: edit `contracts/`, then ./pants run //:contracts -- generate."""

from __future__ import annotations

from typing import ClassVar
from observability.event import Event, Severity
from typing import Literal, TypeAlias
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchExecuted(Event):
    """A search was answered."""

    event_name: ClassVar[str] = "narralytica.search.executed"
    severity: ClassVar[Severity] = "info"

    mode: Literal["lexical", "vector", "hybrid"]
    """How the passages were ranked."""
    results_count: int
    """How many passages the answer holds."""
    latency_ms: float
    """Time to answer, in milliseconds, as the API saw it."""
    backend_latency_ms: float | None = None
    """Time spent in the database, in milliseconds."""
    index: str | None = None
    """The index that was searched."""
    filters: list[str] | None = None
    """Names of the filters used, never their values."""
    query_hash: str | None = None
    """Keyed hash of the query text; absent without OBS_HASH_KEY."""
    query_length: int | None = None
    """Length of the query text in Unicode code points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFailed(Event):
    """A search could not be answered."""

    event_name: ClassVar[str] = "narralytica.search.failed"
    severity: ClassVar[Severity] = "error"

    mode: Literal["lexical", "vector", "hybrid"]
    """How the passages would have been ranked."""
    latency_ms: float
    """Time until it failed, in milliseconds."""
    error_type: str
    """The class of the error."""
    error_message: str | None = None
    """A short message of an allow-listed error; never user text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFailed(Event):
    """A request met an error that no route expected; the client got a 500 problem answer."""

    event_name: ClassVar[str] = "narralytica.request.failed"
    severity: ClassVar[Severity] = "error"

    method: Literal[
        "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE", "_OTHER"
    ]
    """The HTTP method, _OTHER for one that RFC 9110 and RFC 5789 do not define (OpenTelemetry's http.request.method)."""
    status_code: int
    """The HTTP status code that the client got."""
    latency_ms: float
    """Time until it failed, in milliseconds."""
    error_type: str
    """The class of the error."""
    route: str | None = None
    """The matched route's template, such as /jobs/{job_id}; absent when none matched (OpenTelemetry's http.route)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCreated(Event):
    """A job was accepted and stored; from here on it ends as completed or failed."""

    event_name: ClassVar[str] = "narralytica.job.created"
    severity: ClassVar[Severity] = "info"

    job_type: Literal["ingest", "transcribe", "diarize", "enrich", "index"]
    """What the client asked for."""
    status: Literal["created"] = "created"
    """Repeats what the event's name says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatusViewed(Event):
    """A client asked where a job is."""

    event_name: ClassVar[str] = "narralytica.job.status_viewed"
    severity: ClassVar[Severity] = "debug"

    job_type: Literal["ingest", "transcribe", "diarize", "enrich", "index"]
    """What the client asked for."""
    status: Literal["created", "started", "completed", "failed"]
    """Where the job is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStarted(Event):
    """The first worker took the job up."""

    event_name: ClassVar[str] = "narralytica.job.started"
    severity: ClassVar[Severity] = "info"

    job_type: Literal["ingest", "transcribe", "diarize", "enrich", "index"]
    """What the client asked for."""
    status: Literal["started"] = "started"
    """Repeats what the event's name says."""
    attempt: int
    """Which try this is, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCompleted(Event):
    """The job's last worker completed."""

    event_name: ClassVar[str] = "narralytica.job.completed"
    severity: ClassVar[Severity] = "info"

    job_type: Literal["ingest", "transcribe", "diarize", "enrich", "index"]
    """What the client asked for."""
    status: Literal["completed"] = "completed"
    """Repeats what the event's name says."""
    attempt: int
    """Which try this is, from 1."""
    latency_ms: float
    """Time from acceptance to the end, in milliseconds, by the database's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFailed(Event):
    """The job failed and no attempt is left."""

    event_name: ClassVar[str] = "narralytica.job.failed"
    severity: ClassVar[Severity] = "error"

    job_type: Literal["ingest", "transcribe", "diarize", "enrich", "index"]
    """What the client asked for."""
    status: Literal["failed"] = "failed"
    """Repeats what the event's name says."""
    attempt: int
    """Which try this is, from 1."""
    latency_ms: float
    """Time from acceptance to the end, in milliseconds, by the database's clock."""
    error_type: str
    """The class of the error."""
    error_message: str | None = None
    """A short message of an allow-listed error; never user text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRunStarted(Event):
    """One attempt of one worker at a job began."""

    event_name: ClassVar[str] = "narralytica.job_run.started"
    severity: ClassVar[Severity] = "info"

    job_type: Literal["ingest", "transcribe", "diarize", "enrich", "index"]
    """What the client asked for."""
    worker: Literal["ingest", "transcribe", "diarize", "enrich", "indexer"]
    """The stage of the pipeline that runs."""
    status: Literal["started"] = "started"
    """Repeats what the event's name says."""
    attempt: int
    """Which try this is, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRunCompleted(Event):
    """The attempt did its work."""

    event_name: ClassVar[str] = "narralytica.job_run.completed"
    severity: ClassVar[Severity] = "info"

    job_type: Literal["ingest", "transcribe", "diarize", "enrich", "index"]
    """What the client asked for."""
    worker: Literal["ingest", "transcribe", "diarize", "enrich", "indexer"]
    """The stage of the pipeline that runs."""
    status: Literal["completed"] = "completed"
    """Repeats what the event's name says."""
    attempt: int
    """Which try this is, from 1."""
    latency_ms: float
    """Time the attempt took, in milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRunFailed(Event):
    """The attempt failed, was stopped, or its worker was lost."""

    event_name: ClassVar[str] = "narralytica.job_run.failed"
    severity: ClassVar[Severity] = "error"

    job_type: Literal["ingest", "transcribe", "diarize", "enrich", "index"]
    """What the client asked for."""
    worker: Literal["ingest", "transcribe", "diarize", "enrich", "indexer"]
    """The stage of the pipeline that runs."""
    status: Literal["failed"] = "failed"
    """Repeats what the event's name says."""
    attempt: int
    """Which try this is, from 1."""
    latency_ms: float
    """Time the attempt took, in milliseconds; of a lost worker, until its loss was noticed."""
    error_type: str
    """The class of the error."""
    will_retry: bool
    """True when another attempt follows by itself."""
    error_message: str | None = None
    """A short message of an allow-listed error; never user text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerStarted(Event):
    """A layer's computation began within a job run."""

    event_name: ClassVar[str] = "narralytica.layer.started"
    severity: ClassVar[Severity] = "info"

    layer_name: str
    """The layer, for example sentiment."""
    layer_version: str
    """The version of the layer's definition."""
    status: Literal["started"] = "started"
    """Repeats what the event's name says."""
    attempt: int
    """Which try this is, from 1."""
    model_provider: str
    """Who makes the model or algorithm available."""
    model_id: str
    """The model or algorithm, as its provider names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerCompleted(Event):
    """The layer was computed."""

    event_name: ClassVar[str] = "narralytica.layer.completed"
    severity: ClassVar[Severity] = "info"

    layer_name: str
    """The layer, for example sentiment."""
    layer_version: str
    """The version of the layer's definition."""
    status: Literal["completed"] = "completed"
    """Repeats what the event's name says."""
    attempt: int
    """Which try this is, from 1."""
    latency_ms: float
    """Time the layer took, in milliseconds."""
    model_provider: str
    """Who makes the model or algorithm available."""
    model_id: str
    """The model or algorithm, as its provider names it."""
    tokens_in: int | None = None
    """Tokens read, where the provider counts them."""
    tokens_out: int | None = None
    """Tokens produced, where the provider counts them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerFailed(Event):
    """The layer could not be computed."""

    event_name: ClassVar[str] = "narralytica.layer.failed"
    severity: ClassVar[Severity] = "error"

    layer_name: str
    """The layer, for example sentiment."""
    layer_version: str
    """The version of the layer's definition."""
    status: Literal["failed"] = "failed"
    """Repeats what the event's name says."""
    attempt: int
    """Which try this is, from 1."""
    latency_ms: float
    """Time until it failed, in milliseconds."""
    model_provider: str
    """Who makes the model or algorithm available."""
    model_id: str
    """The model or algorithm, as its provider names it."""
    error_type: str
    """The class of the error."""
    tokens_in: int | None = None
    """Tokens read, where the provider counts them."""
    tokens_out: int | None = None
    """Tokens produced, where the provider counts them."""
    error_message: str | None = None
    """A short message of an allow-listed error; never user text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSyncStarted(Event):
    """The indexer began to bring the search index up to date."""

    event_name: ClassVar[str] = "narralytica.index.sync.started"
    severity: ClassVar[Severity] = "info"

    index: str
    """The search index."""
    status: Literal["started"] = "started"
    """Repeats what the event's name says."""
    attempt: int
    """Which try this is, from 1."""
    documents_count: int
    """How many documents the sync covers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSyncCompleted(Event):
    """The search index is up to date for these documents."""

    event_name: ClassVar[str] = "narralytica.index.sync.completed"
    severity: ClassVar[Severity] = "info"

    index: str
    """The search index."""
    status: Literal["completed"] = "completed"
    """Repeats what the event's name says."""
    attempt: int
    """Which try this is, from 1."""
    documents_count: int
    """How many documents the sync covers."""
    latency_ms: float
    """Time the sync took, in milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSyncFailed(Event):
    """The search index could not be brought up to date."""

    event_name: ClassVar[str] = "narralytica.index.sync.failed"
    severity: ClassVar[Severity] = "error"

    index: str
    """The search index."""
    status: Literal["failed"] = "failed"
    """Repeats what the event's name says."""
    attempt: int
    """Which try this is, from 1."""
    documents_count: int
    """How many documents the sync covers."""
    latency_ms: float
    """Time until it failed, in milliseconds."""
    error_type: str
    """The class of the error."""
    error_message: str | None = None
    """A short message of an allow-listed error; never user text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One broken rule and where it was broken."""

    path: str
    """JSON Pointer (RFC 6901) into the envelope."""
    rule: str
    """The JSON Schema keyword that failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractViolated(Event):
    """A service tried to emit an event that breaks its contract."""

    event_name: ClassVar[str] = "narralytica.contract.violated"
    severity: ClassVar[Severity] = "error"

    violating_event_name: str
    """The name of the event that was not passed off as valid."""
    outcome: Literal["salvaged", "withheld"]
    """salvaged: the undeclared keys were dropped and the rest was emitted. withheld: nothing was emitted."""
    violations: list[Violation]
    """Each broken rule, without the offending value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsDropped(Event):
    """Events could not be written; told once the sink is back."""

    event_name: ClassVar[str] = "narralytica.events.dropped"
    severity: ClassVar[Severity] = "warn"

    dropped_count: int
    """How many events were lost since the last such event."""
    sink: str
    """The sink that lost them."""
    reason: str
    """Why, in one word."""


AnyEvent: TypeAlias = (
    SearchExecuted
    | SearchFailed
    | RequestFailed
    | JobCreated
    | JobStatusViewed
    | JobStarted
    | JobCompleted
    | JobFailed
    | JobRunStarted
    | JobRunCompleted
    | JobRunFailed
    | LayerStarted
    | LayerCompleted
    | LayerFailed
    | IndexSyncStarted
    | IndexSyncCompleted
    | IndexSyncFailed
    | ContractViolated
    | EventsDropped
)

SCHEMA_VERSION = "1.0.0"
"""The version of the contract set that these events were generated from."""

EVENT_TYPES: tuple[type[Event], ...] = (
    SearchExecuted,
    SearchFailed,
    RequestFailed,
    JobCreated,
    JobStatusViewed,
    JobStarted,
    JobCompleted,
    JobFailed,
    JobRunStarted,
    JobRunCompleted,
    JobRunFailed,
    LayerStarted,
    LayerCompleted,
    LayerFailed,
    IndexSyncStarted,
    IndexSyncCompleted,
    IndexSyncFailed,
    ContractViolated,
    EventsDropped,
)
"""Every registered event, in the registry's order."""
