"""Event lines as CloudEvents 1.0 in the JSON event format."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from registry.sources import EventDefinition

# CloudEvents takes lower-case letters and digits only in the names of attributes.
IDS = {"request_id": "requestid", "job_id": "jobid", "job_run_id": "jobrunid"}


def cloudevent(envelope: Mapping[str, Any], event: EventDefinition) -> dict[str, Any]:
    """Return a valid envelope of `event`, `event_id` included, as a CloudEvent.

    `data` is the payload, `source` the environment, service and host, `subject` the narrowest id
    that is known. Ids and severity are extension attributes; `traceparent` is that of the
    documented extension Distributed Tracing. What is not known is absent.
    """
    correlation = envelope["correlation"]
    ids = {name: correlation.get(key) for key, name in IDS.items()}
    attributes = {
        "specversion": "1.0",
        "id": envelope["event_id"],
        "source": _source(envelope["actor"]),
        "type": event.event_name,
        "time": envelope["occurred_at"],
        "subject": ids["jobrunid"] or ids["jobid"] or ids["requestid"],
        "datacontenttype": "application/json",
        "dataschema": event.payload["$id"],
        **ids,
        "traceparent": _traceparent(correlation),
        "severity": event.severity,
        "data": envelope["payload"],
    }
    return {name: value for name, value in attributes.items() if value is not None}


def _source(actor: Mapping[str, str]) -> str:
    """Return a URI reference (RFC 3986): the actor's names may hold any printable ASCII."""
    names = (actor["env"], actor["service_name"], actor.get("host"))
    return "".join(f"/{quote(name, safe='')}" for name in names if name)


def _traceparent(correlation: Mapping[str, str | None]) -> str | None:
    """Return the W3C traceparent as the façade propagates it."""
    trace_id, span_id = correlation.get("trace_id"), correlation.get("span_id")
    return f"00-{trace_id}-{span_id}-01" if trace_id and span_id else None
