"""Builds spans from events: requests, job runs, layers and index syncs."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from opentelemetry.proto.trace.v1 import trace_pb2  # pants: no-infer-dep

from observability.event import Event
from observability.events import (
    IndexSyncCompleted,
    IndexSyncFailed,
    IndexSyncStarted,
    JobCreated,
    JobRunCompleted,
    JobRunFailed,
    JobRunStarted,
    LayerCompleted,
    LayerFailed,
    LayerStarted,
    RequestFailed,
    SearchExecuted,
    SearchFailed,
)
from observability.sinks._otel_event import SAMPLED, ReadEvent

#: How many starts without an end are remembered, and how many spans that were sent.
REMEMBERED = 10_000

_SERVER = trace_pb2.Span.SpanKind.SPAN_KIND_SERVER
_CONSUMER = trace_pb2.Span.SpanKind.SPAN_KIND_CONSUMER
_INTERNAL = trace_pb2.Span.SpanKind.SPAN_KIND_INTERNAL

_STARTS = frozenset(event.event_name for event in (JobRunStarted, LayerStarted, IndexSyncStarted))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """What a span is called, by fields of the payload that have few values, and its kind."""

    noun: str
    fields: tuple[str, ...]
    kind: trace_pb2.Span.SpanKind.ValueType
    failed: bool = False


def _forms() -> dict[str, _Form]:
    ends: tuple[
        tuple[type[Event], type[Event], str, str, trace_pb2.Span.SpanKind.ValueType], ...
    ] = (
        (SearchExecuted, SearchFailed, "search", "mode", _SERVER),
        (JobRunCompleted, JobRunFailed, "job_run", "worker", _CONSUMER),
        (LayerCompleted, LayerFailed, "layer", "layer_name", _INTERNAL),
        (IndexSyncCompleted, IndexSyncFailed, "index_sync", "index", _INTERNAL),
    )
    forms = {
        JobCreated.event_name: _Form(noun="create_job", fields=("job_type",), kind=_SERVER),
        RequestFailed.event_name: _Form(
            noun="", fields=("method", "route"), kind=_SERVER, failed=True
        ),
    }
    for completed, failed, noun, field, kind in ends:
        forms[completed.event_name] = _Form(noun=noun, fields=(field,), kind=kind)
        forms[failed.event_name] = _Form(noun=noun, fields=(field,), kind=kind, failed=True)
    return forms


_FORMS = _forms()

_Value = TypeVar("_Value")
_Key = tuple[bytes, bytes]


class _Recent(OrderedDict[_Key, _Value], Generic[_Value]):
    """Remembers the last values that were put in, by trace and span id."""

    def put(self, key: _Key, value: _Value) -> None:
        self[key] = value
        if len(self) > REMEMBERED:
            self.popitem(last=False)


class Spans:
    """Pairs starts with ends. A span is sent once, when it has ended.

    An end whose start was told elsewhere, as of a lost worker's run, begins `latency_ms` earlier.
    A request may tell several events: the first of them makes its span.
    """

    def __init__(self) -> None:
        self._starts: _Recent[int] = _Recent()
        self._sent: _Recent[None] = _Recent()

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
                spans[key] = (event, _span(event, form, self._starts.get(key)))
        return list(spans.values())

    def sent(self, spans: Iterable[tuple[ReadEvent, trace_pb2.Span]]) -> None:
        """Note that these spans have arrived."""
        for event, _ in spans:
            key = (event.trace_id, event.span_id)
            self._starts.pop(key, None)
            self._sent.put(key, None)


def _span(event: ReadEvent, form: _Form, started_ns: int | None) -> trace_pb2.Span:
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


def _flags(event: ReadEvent, form: _Form) -> int:
    flags: int = SAMPLED | trace_pb2.SpanFlags.SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK
    if event.parent_span_id and form.kind != _INTERNAL:
        flags |= trace_pb2.SpanFlags.SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK
    return flags


def _failure(payload: Mapping[str, Any]) -> trace_pb2.Status:
    message = payload.get("error_message", "")
    return trace_pb2.Status(code=trace_pb2.Status.StatusCode.STATUS_CODE_ERROR, message=message)
