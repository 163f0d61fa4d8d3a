"""Events as OpenTelemetry log records and spans, sent over OTLP/HTTP.

The only module, with its private neighbours, that knows OpenTelemetry. It takes the messages of
`opentelemetry-proto`, whose form is stable, and not the SDK, whose logs API is not.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from google.protobuf.message import DecodeError  # pants: no-infer-dep
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2  # pants: no-infer-dep
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2  # pants: no-infer-dep
from opentelemetry.proto.common.v1 import common_pb2  # pants: no-infer-dep
from opentelemetry.proto.logs.v1 import logs_pb2  # pants: no-infer-dep
from opentelemetry.proto.resource.v1 import resource_pb2  # pants: no-infer-dep
from opentelemetry.proto.trace.v1 import trace_pb2  # pants: no-infer-dep

from observability.sinks import WriteFailed
from observability.sinks._otel_event import SAMPLED, ReadEvent, key_values, read_event
from observability.sinks._otel_receiver import Receiver
from observability.sinks._otel_settings import target
from observability.sinks._otel_spans import Spans

_SCOPE = common_pb2.InstrumentationScope(name="narralytica.observability")

_SEVERITIES = {
    "debug": logs_pb2.SeverityNumber.SEVERITY_NUMBER_DEBUG,
    "info": logs_pb2.SeverityNumber.SEVERITY_NUMBER_INFO,
    "warn": logs_pb2.SeverityNumber.SEVERITY_NUMBER_WARN,
    "error": logs_pb2.SeverityNumber.SEVERITY_NUMBER_ERROR,
}

_Item = TypeVar("_Item")


class OtelSink:
    """Sends every event as a log record, and a span when an event ends one.

    Spans go first: if they do not arrive, no record is sent, so that the number of events that
    `events.dropped` tells is that of the records that are missing. A span is derived from its
    events; that a collector rejects one is no lost event.
    """

    name = "otel"

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Read OTEL_EXPORTER_OTLP_*; OTEL_TRACES_EXPORTER=none sends log records alone.

        Connects with the first event. Raises ValueError for a variable that cannot be used.
        """
        self._logs = Receiver(target(environment, "logs"))
        self._traces = Receiver(target(environment, "traces"))
        self._wants_spans = environment.get("OTEL_TRACES_EXPORTER") != "none"
        self._spans = Spans()

    def write_batch(self, lines: Sequence[bytes]) -> None:
        """Send lines. Raises WriteFailed: `unreachable` or `refused`."""
        observed_ns = time.time_ns()
        events = [read_event(line) for line in lines]
        if self._wants_spans and (spans := self._spans.ended(events)):
            self._traces.post(_trace_request(spans).SerializeToString())
            self._spans.sent(spans)
        records = [(event, _record(event, observed_ns)) for event in events]
        _check_all_taken(self._logs.post(_logs_request(records).SerializeToString()))


def _record(event: ReadEvent, observed_ns: int) -> logs_pb2.LogRecord:
    return logs_pb2.LogRecord(
        event_name=event.name,
        time_unix_nano=event.time_ns,
        observed_time_unix_nano=observed_ns,
        severity_number=_SEVERITIES[event.severity],
        severity_text=event.severity.upper(),
        trace_id=event.trace_id,
        span_id=event.span_id,
        flags=SAMPLED if event.trace_id else 0,
        attributes=event.attributes,
    )


def _logs_request(
    records: Iterable[tuple[ReadEvent, logs_pb2.LogRecord]],
) -> logs_service_pb2.ExportLogsServiceRequest:
    return logs_service_pb2.ExportLogsServiceRequest(
        resource_logs=[
            logs_pb2.ResourceLogs(
                resource=resource,
                scope_logs=[logs_pb2.ScopeLogs(scope=_SCOPE, log_records=records)],
            )
            for resource, records in _by_resource(records)
        ]
    )


def _trace_request(
    spans: Iterable[tuple[ReadEvent, trace_pb2.Span]],
) -> trace_service_pb2.ExportTraceServiceRequest:
    return trace_service_pb2.ExportTraceServiceRequest(
        resource_spans=[
            trace_pb2.ResourceSpans(
                resource=resource, scope_spans=[trace_pb2.ScopeSpans(scope=_SCOPE, spans=spans)]
            )
            for resource, spans in _by_resource(spans)
        ]
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


def _check_all_taken(answer: bytes) -> None:
    """Raise WriteFailed if a good answer says that records were rejected (partial success).

    Which ones it does not say: the whole batch counts as dropped, rather too many than too few.
    """
    response = logs_service_pb2.ExportLogsServiceResponse()
    try:
        response.ParseFromString(answer)
    except DecodeError:
        return
    if response.partial_success.rejected_log_records:
        raise WriteFailed("refused")
