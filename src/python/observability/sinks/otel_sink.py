"""Events as OpenTelemetry log records and spans, sent over OTLP/HTTP.

With its private neighbours and `otlp_history`, the only module that knows OpenTelemetry. It takes
the messages of `opentelemetry-proto`, whose form is stable, and not the SDK, whose logs API is not.
"""

import time
from collections.abc import Mapping, Sequence

from observability.sinks import WriteFailed
from observability.sinks._otel_event import read_event
from observability.sinks._otel_messages import logs_message, rejected_records, trace_message
from observability.sinks._otel_receiver import Receiver
from observability.sinks._otel_settings import target
from observability.sinks._otel_spans import Spans


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
            self._traces.post(trace_message(spans))
            self._spans.sent(spans)
        # Which records were rejected an answer does not say: the whole batch counts as dropped,
        # rather too many than too few.
        if rejected_records(self._logs.post(logs_message(events, observed_ns))).count:
            raise WriteFailed("refused")
