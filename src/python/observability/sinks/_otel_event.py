"""An event line as OpenTelemetry sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from opentelemetry.proto.common.v1 import common_pb2  # pants: no-infer-dep

#: The W3C trace-flags: what is exported was sampled. The flags that came in are not in the line.
SAMPLED = 1

# The contract's terms for which the semantic conventions have a name; all others keep theirs.
_CONVENTIONAL = {
    "error_type": "error.type",
    "method": "http.request.method",
    "route": "http.route",
    "status_code": "http.response.status_code",
}
_RESOURCE = {
    "service_name": "service.name",
    "service_version": "service.version",
    "env": "deployment.environment.name",
    "host": "host.name",
}
# trace_id and span_id have fields of their own; the parent is the span's.
_ATTRIBUTE_IDS = ("request_id", "job_id", "job_run_id")
_ATTRIBUTE_MEMBERS = ("event_id", "schema_version")
_PARENT = "parent_span_id"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEvent:
    """One event, read from its line. `time_ns` is Unix time; ids are bytes, empty if unknown."""

    name: str
    event_id: str | None
    #: None in lines of writers that leave it out.
    severity: str | None
    time_ns: int
    #: Those of `request_id`, `job_id` and `job_run_id` that are told.
    ids: Mapping[str, str]
    trace_id: bytes
    span_id: bytes
    parent_span_id: bytes
    payload: Mapping[str, Any]
    attributes: tuple[common_pb2.KeyValue, ...]
    #: The actor by the semantic conventions' names, in a form that can be a key.
    resource: tuple[tuple[str, str], ...]


def read_event(line: bytes) -> ReadEvent:
    """Read a line that keeps the contract of the envelope."""
    envelope = orjson.loads(line)
    correlation, payload = envelope["correlation"], envelope["payload"]
    ids = {name: value for name in _ATTRIBUTE_IDS if (value := correlation.get(name)) is not None}
    told: dict[str, Any] = {
        **{name: envelope[name] for name in _ATTRIBUTE_MEMBERS if name in envelope},
        **ids,
        **{_CONVENTIONAL.get(key, key): payload[key] for key in payload if key != _PARENT},
    }
    return ReadEvent(
        name=envelope["event_name"],
        event_id=envelope.get("event_id"),
        severity=envelope.get("severity"),
        time_ns=_unix_time_ns(envelope["occurred_at"]),
        ids=ids,
        trace_id=bytes.fromhex(correlation.get("trace_id") or ""),
        span_id=bytes.fromhex(correlation.get("span_id") or ""),
        parent_span_id=bytes.fromhex(payload.get(_PARENT, "")),
        payload=payload,
        attributes=tuple(key_values(told)),
        resource=tuple((_RESOURCE[key], value) for key, value in envelope["actor"].items()),
    )


def key_values(members: Mapping[str, Any]) -> list[common_pb2.KeyValue]:
    """Return JSON members as OTLP has attributes."""
    return [common_pb2.KeyValue(key=key, value=_any_value(value)) for key, value in members.items()]


def _any_value(value: Any) -> common_pb2.AnyValue:
    match value:
        case bool():
            return common_pb2.AnyValue(bool_value=value)
        case int():
            return common_pb2.AnyValue(int_value=value)
        case float():
            return common_pb2.AnyValue(double_value=value)
        case str():
            return common_pb2.AnyValue(string_value=value)
        case list():
            return common_pb2.AnyValue(
                array_value=common_pb2.ArrayValue(values=[_any_value(each) for each in value])
            )
        case dict():
            return common_pb2.AnyValue(
                kvlist_value=common_pb2.KeyValueList(values=key_values(value))
            )
    return common_pb2.AnyValue()


def _unix_time_ns(timestamp: str) -> int:
    # In whole microseconds: a float cannot tell them apart. OTLP knows no time before 1970.
    since = datetime.fromisoformat(timestamp) - _EPOCH
    return max(0, since // timedelta(microseconds=1) * 1000)
