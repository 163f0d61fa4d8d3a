"""Lines that were written long ago, sent to OpenTelemetry by the same rules as the sink `otel`."""

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from opentelemetry.proto.trace.v1 import trace_pb2

from observability.sinks._otel_event import ReadEvent, read_event
from observability.sinks._otel_identity import identified
from observability.sinks._otel_jobs import JobSpans
from observability.sinks._otel_messages import (
    Rejected,
    logs_message,
    rejected_records,
    rejected_spans,
    trace_message,
)
from observability.sinks._otel_receiver import NotDelivered, Patience, Receiver
from observability.sinks._otel_settings import Signal, is_header, target
from observability.sinks._otel_spans import Spans
from observability.sinks._recent import Recent

__all__ = ["Batch", "Delivery", "Destination", "History", "Signal"]

#: How many event ids are remembered, to leave repeats out.
REMEMBERED = 100_000

# Doubled up to the last, which repeats until patience ends.
_PAUSES_S = (0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, *itertools.repeat(20.0, 1_000))

_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_OWN_ENDPOINTS = ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What lines become: events that were not seen before, and the spans that they end."""

    events: Sequence[ReadEvent]
    spans: Sequence[tuple[ReadEvent, trace_pb2.Span]]
    repeats: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of the spans, or of the records, of a batch.

    `why` is what was answered to those that were not accepted.
    """

    accepted: int = 0
    not_accepted: int = 0
    why: str = ""
    unreachable: bool = False


class History:
    """Makes batches of lines, whose spans may begin and end in different ones.

    Memory is bounded: what a span began with is forgotten when too many others began since.
    """

    def __init__(self) -> None:
        self._seen: Recent[str, None] = Recent(REMEMBERED)
        self._spans = Spans()
        self._jobs = JobSpans()

    def batch(self, lines: Sequence[bytes]) -> Batch:
        """Translate lines that keep the contract of the envelope."""
        events = [event for line in lines if self._is_new(event := identified(read_event(line)))]
        spans = self._spans.ended(events)
        self._spans.sent(spans)
        return Batch(
            events=events,
            spans=[*spans, *self._jobs.ended(events)],
            repeats=len(lines) - len(events),
        )

    def _is_new(self, event: ReadEvent) -> bool:
        if event.event_id is None:
            return True
        if event.event_id in self._seen:
            return False
        self._seen.put(event.event_id, None)
        return True


class Destination:
    """An OTLP/HTTP endpoint, which takes gzip."""

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        endpoint: str | None = None,
        headers: Mapping[str, str],
        signals: Sequence[Signal] = ("traces", "logs"),
        give_up_after_s: float,
        tell_wait: Callable[[str, float], None],
    ) -> None:
        """Read OTEL_EXPORTER_OTLP_*; `endpoint` goes before it, `headers` come in addition.

        Connects with the first batch. Raises ValueError for a setting that cannot be used, and
        never shows its value.
        """
        for name, value in headers.items():
            if not is_header(name, value):
                raise ValueError("a header's name is a token, and its value printable ASCII")
        if endpoint is not None:
            others = {k: v for k, v in environment.items() if k not in _OWN_ENDPOINTS}
            environment = {**others, _ENDPOINT: endpoint}
        patience = Patience(in_all_s=give_up_after_s, pauses_s=_PAUSES_S, tell_wait=tell_wait)

        def receiver(signal: Signal) -> Receiver:
            told = target(environment, signal)
            told = replace(told, headers={**told.headers, **headers})
            return Receiver(told, patience=patience, compressed=True)

        # Spans go first, as in the sink.
        self._receivers = {signal: receiver(signal) for signal in sorted(signals, reverse=True)}

    @property
    def address(self) -> str:
        """Where it sends to, without what might be secret."""
        return " and ".join(dict.fromkeys(each.address for each in self._receivers.values()))

    def send(self, batch: Batch) -> Mapping[Signal, Delivery]:
        """Send the spans of a batch and its records, and try again while that helps."""
        counts: Mapping[Signal, int] = {"traces": len(batch.spans), "logs": len(batch.events)}
        deliveries: dict[Signal, Delivery] = {}
        for signal, receiver in self._receivers.items():
            given_up = next((each for each in deliveries.values() if each.unreachable), None)
            if not counts[signal]:
                deliveries[signal] = Delivery()
            elif given_up:
                deliveries[signal] = replace(given_up, not_accepted=counts[signal])
            else:
                message, rejected = _MESSAGES[signal](batch)
                deliveries[signal] = _deliver(receiver, message, counts[signal], rejected)
        return deliveries


# Each message with the reader of its answer.
_MESSAGES: Mapping[Signal, Callable[[Batch], tuple[bytes, Callable[[bytes], Rejected]]]] = {
    "traces": lambda batch: (trace_message(batch.spans), rejected_spans),
    "logs": lambda batch: (logs_message(batch.events, time.time_ns()), rejected_records),
}


def _deliver(
    receiver: Receiver, message: bytes, count: int, rejected: Callable[[bytes], Rejected]
) -> Delivery:
    try:
        answer = rejected(receiver.post(message))
    except NotDelivered as failure:
        return Delivery(
            not_accepted=count, why=failure.last, unreachable=failure.reason == "unreachable"
        )
    lost = min(answer.count, count)
    return Delivery(accepted=count - lost, not_accepted=lost, why=answer.message)
