"""Turns an event and its context into a validated, encoded line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from observability.context import ObsContext
from observability.contracts import Violation
from observability.event import Event
from observability.events import EVENT_TYPES, SCHEMA_VERSION, ContractViolated
from observability.events import Violation as ReportedViolation
from observability.validate import ContractViolation, envelope_violations, undeclared_keys

SEVERITIES = {event.event_name: event.severity for event in EVENT_TYPES}


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedEvent:
    """A validated event, ready to write, and to be kept beside the state change that it tells.

    Emitting it again after a crash repeats its `event_id`, by which readers drop repeats.
    """

    event_id: str
    line: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealer:
    """Builds, validates and encodes envelopes (`event_envelope.schema.json`)."""

    strict: bool
    now: Callable[[], datetime]
    new_event_id: Callable[[], str]

    def seal(
        self, event_name: str, payload: Mapping[str, Any], ctx: ObsContext
    ) -> tuple[SealedEvent, ...]:
        """Return the line to write for an event.

        An event that breaks its contract raises ContractViolation when strict. Otherwise it is
        salvaged without its undeclared payload keys if that makes it valid, else withheld; either
        way a `contract.violated` event with the same correlation follows.
        """
        envelope = self._envelope(event_name, payload, ctx)
        violations = envelope_violations(envelope)
        if not violations:
            return (_encode(envelope),)
        if self.strict:
            raise ContractViolation(event_name, violations)
        return self._best_effort(envelope, violations, ctx)

    def _best_effort(
        self, envelope: dict[str, Any], violations: tuple[Violation, ...], ctx: ObsContext
    ) -> tuple[SealedEvent, ...]:
        salvaged = _salvaged(envelope)
        report = ContractViolated(
            violating_event_name=_printable(envelope["event_name"]),
            outcome="salvaged" if salvaged else "withheld",
            violations=[ReportedViolation(path=v.path[:256], rule=v.rule) for v in violations],
        )
        return (*salvaged, self._report(report, ctx))

    def _report(self, report: Event, ctx: ObsContext) -> SealedEvent:
        envelope = self._envelope(report.event_name, report.payload(), ctx)
        if envelope_violations(envelope):
            # The context itself is what broke the contract: tell it without one.
            envelope = self._envelope(
                report.event_name, report.payload(), ObsContext(actor=ctx.actor)
            )
        return _encode(envelope)

    def _envelope(
        self, event_name: str, payload: Mapping[str, Any], ctx: ObsContext
    ) -> dict[str, Any]:
        return {
            "schema_version": SCHEMA_VERSION,
            "event_id": self.new_event_id(),
            "event_name": event_name,
            "occurred_at": self.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "severity": SEVERITIES.get(event_name, "info"),
            "correlation": ctx.correlation(),
            "actor": ctx.actor.as_dict(),
            "payload": payload,
        }


def _encode(envelope: Mapping[str, Any]) -> SealedEvent:
    line = orjson.dumps(envelope, option=orjson.OPT_APPEND_NEWLINE)
    return SealedEvent(event_id=envelope["event_id"], line=line)


def _salvaged(envelope: dict[str, Any]) -> tuple[SealedEvent, ...]:
    if envelope["event_name"] not in SEVERITIES or not isinstance(envelope["payload"], Mapping):
        return ()
    undeclared = undeclared_keys(envelope)
    kept = {key: value for key, value in envelope["payload"].items() if key not in undeclared}
    trimmed = {**envelope, "payload": kept}
    return () if envelope_violations(trimmed) else (_encode(trimmed),)


def _printable(name: object) -> str:
    """Return a name that is safe to tell: an unregistered one may hold anything."""
    return name if isinstance(name, str) and name in SEVERITIES else "unregistered"
