"""What the lifecycle rules need to know of an event, and how a broken rule is told."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from explorer.lines import EventLine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

#: Areas whose events tell a state change; all others may come at any time and as often as they do.
LIFECYCLE_AREAS = frozenset({"job", "job_run", "layer", "index"})
ENDS = frozenset({"completed", "failed", "cancelled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a line stands."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A rule that a stream breaks.

    `rule` is `schema`, or the number of a lifecycle rule. `ids` are the correlation ids that
    find what it is about.
    """

    place: Place
    rule: str
    message: str
    ids: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A valid event, without what no rule asks for; `at` is in microseconds since 1970."""

    place: Place
    event_id: str | None
    digest: bytes
    area: str
    action: str
    at: int
    service: str
    correlation: dict[str, str | None]
    payload: dict[str, Any]
    #: Where else the same event was delivered.
    repeats: tuple[Place, ...] = ()

    @property
    def name(self) -> str:
        """The event's name without the product's."""
        return f"{self.area}.{self.action}"

    @property
    def job(self) -> str | None:
        """The job that it is about."""
        return self.correlation["job_id"]

    @property
    def run(self) -> str | None:
        """The attempt that it is about."""
        return self.correlation["job_run_id"]

    @property
    def ends(self) -> bool:
        """Whether it is the last event of what it is about."""
        return self.action in ENDS

    def broken(self, rule: str, message: str) -> Break:
        """Tell that this event breaks a rule."""
        ids = {key: value for key, value in self.correlation.items() if value and _finds(key)}
        return Break(place=self.place, rule=rule, message=f"{self.name} {message}", ids=ids)


def fact_of(event: EventLine, place: Place, line: bytes) -> Fact:
    """Return what the rules need to know of the event on a line."""
    _, area, *_, action = event.event_name.split(".")
    return Fact(
        place=place,
        event_id=event.event_id,
        digest=hashlib.blake2b(line.strip(), digest_size=8).digest(),
        area=area,
        action=action,
        at=(event.occurred_at - EPOCH) // MICROSECOND,
        service=event.service_name,
        correlation=event.correlation,
        payload={key: event.payload[key] for key in _ASKED_FOR & event.payload.keys()},
    )


def packed(fact: Fact) -> bytes:
    """Return the parts of a fact that no query asks for, for `unpacked`."""
    return orjson.dumps((fact.area, fact.action, fact.service, fact.correlation, fact.payload))


def unpacked(body: bytes, *, place: Place, event_id: str | None, digest: bytes, at: int) -> Fact:
    """Return the fact that was `packed`."""
    area, action, service, correlation, payload = orjson.loads(body)
    return Fact(
        place=place,
        event_id=event_id,
        digest=digest,
        area=area,
        action=action,
        at=at,
        service=service,
        correlation=correlation,
        payload=payload,
    )


_ASKED_FOR = {
    "job_type",
    "worker",
    "attempt",
    "layer_name",
    "index",
    "will_retry",
    "error_type",
}


def _finds(key: str) -> bool:
    return key in ("request_id", "job_id", "job_run_id")
