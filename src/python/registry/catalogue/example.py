"""Makes the example line of an event: whole, valid, and always the same."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from registry.sources import EventDefinition, EventRegistry

# The story that all examples belong to, from the widest id to the narrowest.
IDS = {
    "request_id": "0192f0c1-7a3b-7c4d-8e5f-0123456789ab",
    "job_id": "0192f0c1-7a3c-7000-8000-000000000001",
    "job_run_id": "0192f0c1-7a3d-7000-8000-000000000002",
}
TRACE = {"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7"}
BEGINNING = datetime(2026, 11, 23, 15, 4, 5, 678901, tzinfo=UTC)


def example_envelopes(registry: EventRegistry) -> Mapping[str, dict[str, Any]]:
    """Return a valid envelope for every event, by its name."""
    return {
        event.event_name: _envelope(event, number, registry.schema_version)
        for number, event in enumerate(registry.events)
    }


def _envelope(event: EventDefinition, number: int, schema_version: str) -> dict[str, Any]:
    occurred_at = BEGINNING + timedelta(seconds=number)
    return {
        "schema_version": schema_version,
        "event_id": f"0192f0c1-{0x7A40 + number:04x}-7000-8000-{number:012x}",
        "event_name": event.event_name,
        "occurred_at": occurred_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "severity": event.severity,
        "correlation": _correlation(event),
        "actor": {"service_name": _service(event), "service_version": "0.1.0", "env": "local"},
        "payload": event.payload["examples"][0],
    }


def _correlation(event: EventDefinition) -> dict[str, str | None]:
    """Give the required ids, and those that contain them: a run's job, a job's request."""
    if not event.requires:
        return dict.fromkeys((*IDS, *TRACE))
    narrowest = max(list(IDS).index(name) for name in event.requires if name in IDS)
    known = {name: IDS[name] if place <= narrowest else None for place, name in enumerate(IDS)}
    return {**known, **TRACE}


def _service(event: EventDefinition) -> str:
    """Return one that may emit it; what the façade tells, it tells in any service's name."""
    return "api" if event.emitters == ("observability",) else event.emitters[0]
