"""Log records and spans as the messages of OTLP, each under the resource that told it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from google.protobuf.message import DecodeError  # pants: no-infer-dep
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2  # pants: no-infer-dep
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2  # pants: no-infer-dep
from opentelemetry.proto.common.v1 import common_pb2  # pants: no-infer-dep
from opentelemetry.proto.logs.v1 import logs_pb2  # pants: no-infer-dep
from opentelemetry.proto.resource.v1 import resource_pb2  # pants: no-infer-dep
from opentelemetry.proto.trace.v1 import trace_pb2  # pants: no-infer-dep

from observability.sinks._otel_event import SAMPLED, ReadEvent, key_values

_SCOPE = common_pb2.InstrumentationScope(name="narralytica.observability")

_SEVERITIES = {
    "unspecified": logs_pb2.SeverityNumber.SEVERITY_NUMBER_UNSPECIFIED,
    "debug": logs_pb2.SeverityNumber.SEVERITY_NUMBER_DEBUG,
    "info": logs_pb2.SeverityNumber.SEVERITY_NUMBER_INFO,
    "warn": logs_pb2.SeverityNumber.SEVERITY_NUMBER_WARN,
    "error": logs_pb2.SeverityNumber.SEVERITY_NUMBER_ERROR,
}

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """What a good answer says was not taken (partial success): how many, and why."""

    count: int
    message: str


def logs_message(events: Iterable[ReadEvent], observed_ns: int) -> bytes:
    """Return the ExportLogsServiceRequest with a record for each event."""
    request = logs_service_pb2.ExportLogsServiceRequest(
        resource_logs=[
            logs_pb2.ResourceLogs(
                resource=resource,
                scope_logs=[logs_pb2.ScopeLogs(scope=_SCOPE, log_records=records)],
            )
            for resource, records in _by_resource(
                (event, _record(event, observed_ns)) for event in events
            )
        ]
    )
    message: bytes = request.SerializeToString()
    return message


def trace_message(spans: Iterable[tuple[ReadEvent, trace_pb2.Span]]) -> bytes:
    """Return the ExportTraceServiceRequest with spans, each given with the event that ends it."""
    request = trace_service_pb2.ExportTraceServiceRequest(
        resource_spans=[
            trace_pb2.ResourceSpans(
                resource=resource, scope_spans=[trace_pb2.ScopeSpans(scope=_SCOPE, spans=spans)]
            )
            for resource, spans in _by_resource(spans)
        ]
    )
    message: bytes = request.SerializeToString()
    return message


def rejected_records(answer: bytes) -> Rejected:
    """Read the answer to `logs_message`; what is no OTLP says that nothing was rejected."""
    response = logs_service_pb2.ExportLogsServiceResponse()
    try:
        response.ParseFromString(answer)
    except DecodeError:
        return Rejected(count=0, message="")
    told = response.partial_success
    return Rejected(count=told.rejected_log_records, message=told.error_message)


def rejected_spans(answer: bytes) -> Rejected:
    """Read the answer to `trace_message`, as `rejected_records` does."""
    response = trace_service_pb2.ExportTraceServiceResponse()
    try:
        response.ParseFromString(answer)
    except DecodeError:
        return Rejected(count=0, message="")
    told = response.partial_success
    return Rejected(count=told.rejected_spans, message=told.error_message)


def _record(event: ReadEvent, observed_ns: int) -> logs_pb2.LogRecord:
    severity = event.severity or "unspecified"
    return logs_pb2.LogRecord(
        event_name=event.name,
        time_unix_nano=event.time_ns,
        observed_time_unix_nano=observed_ns,
        severity_number=_SEVERITIES[severity],
        severity_text=(event.severity or "").upper(),
        trace_id=event.trace_id,
        span_id=event.span_id,
        flags=SAMPLED if event.trace_id else 0,
        attributes=event.attributes,
    )


def _by_resource(
    items: Iterable[tuple[ReadEvent, _Item]],
) -> list[tuple[resource_pb2.Resource, list[_Item]]]:
    groups: dict[tuple[tuple[str, str], ...], list[_Item]] = {}
    for event, item in items:
        groups.setdefault(event.resource, []).append(item)
    return [
        (resource_pb2.Resource(attributes=key_values(dict(key))), group)
        for key, group in groups.items()
    ]
