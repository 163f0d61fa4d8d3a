"""Builds spans from events: requests, job runs, layers and index syncs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from opentelemetry.proto.trace.v1 import trace_pb2  # pants: no-infer-dep

from observability.event import Event
from observability.events import (
    IndexSyncCancelled,
    IndexSyncCompleted,
    IndexSyncFailed,
    IndexSyncStarted,
    JobCreated,
    JobRetried,
    JobRunCancelled,
    JobRunCompleted,
    JobRunFailed,
    JobRunStarted,
    LayerCancelled,
    LayerCompleted,
    LayerFailed,
    LayerStarted,
    RequestFailed,
    SearchExecuted,
    SearchFailed,
)
from observability.sinks._otel_event import SAMPLED, ReadEvent
from observability.sinks._recent import Recent

#: How many starts without an end are remembered, and how many spans that were sent.
REMEMBERED = 10_000

_SERVER = trace_pb2.Span.SpanKind.SPAN_KIND_SERVER
_CONSUMER = trace_pb2.Span.SpanKind.SPAN_KIND_CONSUMER
INTERNAL = trace_pb2.Span.SpanKind.SPAN_KIND_INTERNAL

_STARTS = frozenset(event.event_name for event in (JobRunStarted, LayerStarted, IndexSyncStarted))


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a span is called, by fields of the payload that have few values, and its kind."""

    noun: str
    fields: tuple[str, ...]
    kind: trace_pb2.Span.SpanKind.ValueType
    failed: bool = False


def _forms() -> dict[str, Form]:
    ends: tuple[tuple[type[Event], type[Event] | None, type[Event], Form], ...] = (
        (SearchExecuted, None, SearchFailed, form_of("search", "mode", _SERVER)),
        (JobRunCompleted, JobRunCancelled, JobRunFailed, form_of("job_run", "worker", _CONSUMER)),
        (LayerCompleted, LayerCancelled, LayerFailed, form_of("layer", "layer_name", INTERNAL)),
        (
            IndexSyncCompleted,
            IndexSyncCancelled,
            IndexSyncFailed,
            form_of("index_sync", "index", INTERNAL),
        ),
    )
    requests = Form(noun="", fields=("method", "route"), kind=_SERVER, failed=True)
    forms = {
        JobCreated.event_name: form_of("create_job", "job_type", _SERVER),
        JobRetried.event_name: form_of("retry_job", "job_type", _SERVER),
        RequestFailed.event_name: requests,
    }
    for completed, cancelled, failed, form in ends:
        forms[completed.event_name] = form
        if cancelled is not None:
            forms[cancelled.event_name] = form
        forms[failed.event_name] = replace(form, failed=True)
    return forms


def form_of(noun: str, field: str, kind: trace_pb2.Span.SpanKind.ValueType) -> Form:
    """Return the form of what goes well; `failed` is for `replace`."""
    return Form(noun=noun, fields=(field,), kind=kind)


_FORMS = _forms()

_Key = tuple[bytes, bytes]


class Spans:
    """Pairs starts with ends. A span is sent once, when it has ended.

    An end whose start was told elsewhere, as of a lost worker's run, begins `latency_ms` earlier.
    A request may tell several events: the first of them makes its span.
    """

    def __init__(self) -> None:
        self._starts: Recent[_Key, int] = Recent(REMEMBERED)
        self._sent: Recent[_Key, None] = Recent(REMEMBERED)

    def ended(self, events: Iterable[ReadEvent]) -> list[tuple[ReadEvent, trace_pb2.Span]]:
        """Return the spans that these events end, each with the event that ends it."""
        spans: dict[_Key, tuple[ReadEvent, trace_pb2.Span]] = {}
        for event in events:
            key = (event.trace_id, event.span_id)
            if not all(key) or key in self._sent or key in spans:
                continue
            if event.name in _STARTS:
                self._starts.put(key, event.time_ns)
            elif form := _FORMS.get(event.name):
                spans[key] = (event, span_of(event, form, self._starts.get(key)))
        return list(spans.values())

    def sent(self, spans: Iterable[tuple[ReadEvent, trace_pb2.Span]]) -> None:
        """Note that these spans have arrived."""
        for event, _ in spans:
            key = (event.trace_id, event.span_id)
            self._starts.pop(key, None)
            self._sent.put(key, None)


def span_of(event: ReadEvent, form: Form, started_ns: int | None) -> trace_pb2.Span:
    """Return the span that an event ends; without its start it begins `latency_ms` before."""
    payload = event.payload
    if started_ns is None:
        started_ns = event.time_ns - round(payload.get("latency_ms", 0) * 1_000_000)
    names = (form.noun, *(payload.get(field) for field in form.fields))
    return trace_pb2.Span(
        trace_id=event.trace_id,
        span_id=event.span_id,
        parent_span_id=event.parent_span_id,
        name=" ".join(name for name in names if name),
        kind=form.kind,
        # A clock that was set back makes no span that ends before it begins.
        start_time_unix_nano=max(0, min(started_ns, event.time_ns)),
        end_time_unix_nano=event.time_ns,
        attributes=event.attributes,
        flags=_flags(event, form),
        status=_failure(payload) if form.failed else None,
    )


def _flags(event: ReadEvent, form: Form) -> int:
    flags: int = SAMPLED | trace_pb2.SpanFlags.SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK
    if event.parent_span_id and form.kind != INTERNAL:
        flags |= trace_pb2.SpanFlags.SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK
    return flags


def _failure(payload: Mapping[str, Any]) -> trace_pb2.Status:
    message = payload.get("error_message", "")
    return trace_pb2.Status(code=trace_pb2.Status.StatusCode.STATUS_CODE_ERROR, message=message)
