"""Ids for events that bear none of OpenTelemetry's: always the same for the same event."""

import hashlib
from dataclasses import replace

from observability.events import (
    IndexSyncCancelled,
    IndexSyncCompleted,
    IndexSyncFailed,
    IndexSyncStarted,
    JobCreated,
    JobRetried,
    LayerCancelled,
    LayerCompleted,
    LayerFailed,
    LayerStarted,
)
from observability.sinks._otel_event import ReadEvent

# The field that tells the steps of a job run apart.
_STEPS = {
    **dict.fromkeys(
        (each.event_name for each in (LayerStarted, LayerCompleted, LayerFailed, LayerCancelled)),
        "layer_name",
    ),
    **dict.fromkeys(
        (
            each.event_name
            for each in (
                IndexSyncStarted,
                IndexSyncCompleted,
                IndexSyncFailed,
                IndexSyncCancelled,
            )
        ),
        "index",
    ),
}
# What a request did, and not the job.
_OF_REQUESTS = frozenset((JobCreated.event_name, JobRetried.event_name))


def identified(event: ReadEvent) -> ReadEvent:
    """Return the event with a trace and a span, derived where it bears none.

    The trace is that of its request, else of its job or job run; an event of none of them stays
    without. A step lies below its job run, a run below its job.
    """
    root = next(iter(event.ids.values()), None)
    if root is None or (event.trace_id and event.span_id):
        return event
    above, own = _place(event)
    return replace(
        event,
        trace_id=event.trace_id or _digest(root)[:16],
        span_id=event.span_id or span_id_of(own),
        parent_span_id=event.parent_span_id or (span_id_of(above) if above else b""),
    )


def _place(event: ReadEvent) -> tuple[str | None, str]:
    """Return what names the span above an event, if any, and what names its own."""
    *above, own = event.ids.values()
    attempt = event.payload.get("attempt", 1)
    if event.name in _OF_REQUESTS:
        return None, f"{own}/{event.name}/{attempt}"
    if field := _STEPS.get(event.name):
        return own, f"{own}/{event.payload[field]}/{attempt}"
    return (above[-1] if above else None), own


def span_id_of(name: str) -> bytes:
    """Return the span id of what has this id."""
    return _digest(name)[:8]


def _digest(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()
