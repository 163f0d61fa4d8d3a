"""Where a story is told: a clock, the ids, and the lines so far."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from registry.sample.payloads import Payloads

SERVICE_VERSION = "0.0.0"
ENV = "sample"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """The correlation of a line (`correlation.schema.json`)."""

    request_id: str | None = None
    job_id: str | None = None
    job_run_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        """Return all five ids."""
        return {
            "request_id": self.request_id,
            "job_id": self.job_id,
            "job_run_id": self.job_run_id,
            "trace_id": self.trace_id,
            "span_id": self.span_id,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A line, and when a receiver gets it."""

    at: datetime
    line: dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Scene:
    """One story in the making."""

    payloads: Payloads
    random: Random
    at: datetime
    told: list[Told] = field(default_factory=list)

    def tell(self, name: str, service: str, ids: Ids, **given: Any) -> None:
        """Add the line of an event; one that is not registered any more is left out."""
        event_name = f"narralytica.{name}"
        event = self.payloads.events.get(event_name)
        if event is None:
            return
        self.wait(0.001, 0.02)
        line = {
            "schema_version": self.payloads.registry.schema_version,
            "event_id": self.new_uuid(),
            "event_name": event_name,
            "occurred_at": self.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "severity": event.severity,
            "correlation": ids.as_dict(),
            "actor": {"service_name": service, "service_version": SERVICE_VERSION, "env": ENV},
            "payload": self.payloads.payload(event, given),
        }
        self.told.append(Told(at=self.at, line=line))

    def wait(self, shortest_s: float, longest_s: float) -> None:
        """Let time pass."""
        self.at += timedelta(seconds=self.random.uniform(shortest_s, longest_s))

    def since_ms(self, start: datetime) -> float:
        """Return the milliseconds since `start`."""
        return round((self.at - start) / timedelta(milliseconds=1), 3)

    def again(self) -> None:
        """Deliver the last line once more, later, as a service does after a crash."""
        late = timedelta(seconds=self.random.uniform(0.5, 5))
        self.told.append(replace(self.told[-1], at=self.at + late))

    def new_request(self) -> Ids:
        """Return the ids of a new request, in a trace of its own."""
        return Ids(
            request_id=self.new_uuid(), trace_id=self._new_hex(32), span_id=self._new_hex(16)
        )

    def new_span(self, ids: Ids, **more: str) -> Ids:
        """Return `ids` with a span of its own."""
        return replace(ids, span_id=self._new_hex(16), **more)

    def new_uuid(self) -> str:
        """Return a UUID of version 7 (RFC 9562) at the scene's time."""
        milliseconds = int(self.at.timestamp() * 1000)
        high = f"{milliseconds:012x}7{self.random.getrandbits(12):03x}"
        low = f"{0b10 << 62 | self.random.getrandbits(62):016x}"
        return "-".join((high[:8], high[8:12], high[12:], low[:4], low[4:]))

    def _new_hex(self, digits: int) -> str:
        # W3C Trace Context: not all zero.
        return f"{self.random.randrange(1, 16**digits):0{digits}x}"
