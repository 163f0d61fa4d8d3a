"""Builds the spans of whole jobs, which no process sees from its start to its end."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from opentelemetry.proto.trace.v1 import trace_pb2  # pants: no-infer-dep

from observability.events import JobCancelled, JobCompleted, JobCreated, JobFailed, JobRetried
from observability.sinks._otel_event import ReadEvent
from observability.sinks._otel_identity import span_id_of
from observability.sinks._otel_spans import INTERNAL, form_of, span_of
from observability.sinks._recent import Recent

#: How many jobs without an end are remembered, and how many that have ended.
REMEMBERED = 100_000

_STARTS = frozenset((JobCreated.event_name, JobRetried.event_name))
_FORM = form_of("job", "job_type", INTERNAL)
_ENDS = {
    JobCompleted.event_name: _FORM,
    JobCancelled.event_name: _FORM,
    JobFailed.event_name: replace(_FORM, failed=True),
}
# The job, and how often it was started by its client.
_Key = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Start:
    time_ns: int
    trace_id: bytes
    span_id: bytes


class JobSpans:
    """Pairs what made a job, or started it again, with its end.

    Its span lies below that of the request. It has an id of its own, since its events bear those
    of requests and runs. An end whose start is not known begins `latency_ms` earlier, below none.
    """

    def __init__(self) -> None:
        self._starts: Recent[_Key, _Start] = Recent(REMEMBERED)
        self._ended: Recent[_Key, None] = Recent(REMEMBERED)

    def ended(self, events: Iterable[ReadEvent]) -> list[tuple[ReadEvent, trace_pb2.Span]]:
        """Return the spans of the jobs that these events end, each with the event that ends it."""
        spans = []
        for event in events:
            if (job_id := event.ids.get("job_id")) is None:
                continue
            key = (job_id, event.payload.get("attempt", 1))
            if event.name in _STARTS:
                start = _Start(
                    time_ns=event.time_ns, trace_id=event.trace_id, span_id=event.span_id
                )
                self._starts.put(key, start)
            elif event.name in _ENDS and key not in self._ended:
                self._ended.put(key, None)
                spans.append((event, _job_span(event, key, self._starts.pop(key, None))))
        return spans


def _job_span(event: ReadEvent, key: _Key, start: _Start | None) -> trace_pb2.Span:
    job_id, attempt = key
    whole = replace(
        event,
        trace_id=start.trace_id if start else event.trace_id,
        span_id=span_id_of(job_id if attempt == 1 else f"{job_id}/{attempt}"),
        parent_span_id=start.span_id if start else b"",
    )
    return span_of(whole, _ENDS[event.name], start.time_ns if start else None)
