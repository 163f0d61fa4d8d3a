"""Judges events against the contracts; compiled once per event name."""

from dataclasses import dataclass
from functools import cache

from observability.contracts import (
    BASE,
    Contract,
    Violation,
    contract,
    payload_contract,
    schemas,
)

ENVELOPE = "observability/event_envelope.schema.json"


class ContractViolation(ValueError):
    """An event breaks its contract. Raised by `emit` when OBS_VALIDATE_STRICT is on.

    The message names the event, and for each rule broken the place (JSON Pointer), the rule and
    what is allowed there, never the offending value.
    """

    def __init__(self, event_name: str, violations: tuple[Violation, ...]) -> None:
        self.event_name = event_name
        self.violations = violations
        broken = "; ".join(
            f"{violation.path or '/'} breaks {violation.rule} {violation.allowed}".rstrip()
            for violation in violations
        )
        super().__init__(f"{event_name}: {broken}")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventContract:
    """What the envelope schema asks of one event, in parts that can be judged apart.

    An envelope of the façade is valid when its payload keeps `payload`, its context is sound, and
    none of `requires` is null: the rest of it is the façade's own.
    """

    severity: str
    payload: Contract
    payload_properties: frozenset[str]
    requires: tuple[str, ...]


def envelope_violations(envelope: object) -> tuple[Violation, ...]:
    """Return the rules that a whole envelope breaks; none when it is valid."""
    judge = _judge(envelope.get("event_name") if isinstance(envelope, dict) else None)
    return () if judge.accepts(envelope) else judge.violations(envelope)


def event_contract(event_name: str) -> EventContract:
    """Return the contract of a registered event."""
    parts = schemas()[ENVELOPE]["$defs"][event_name]["properties"]
    path = f"observability/{parts['payload']['$ref']}"
    return EventContract(
        severity=parts["severity"]["const"],
        payload=payload_contract(path),
        payload_properties=frozenset(schemas()[path]["properties"]),
        requires=tuple(parts.get("correlation", {}).get("required", ())),
    )


@cache
def correlation_contract() -> Contract:
    """Return the contract of the five ids."""
    return contract("observability/correlation.schema.json")


@cache
def span_id_contract() -> Contract:
    """Return the contract of a span's id alone."""
    return contract("observability/definitions.schema.json#/$defs/span_id")


@cache
def actor_contract() -> Contract:
    """Return the contract of who emits."""
    return contract("observability/actor.schema.json")


def _judge(event_name: object) -> Contract:
    """Return the envelope schema specialised for one event name.

    It decides as the whole envelope schema does, without asking it for every event name in turn.
    """
    return _SPECIALISED[event_name] if isinstance(event_name, str) else contract(ENVELOPE)


class _Specialised(dict[str, Contract]):
    """Makes the contract of a registered event when it is first asked for."""

    def __missing__(self, event_name: str) -> Contract:
        whole = schemas()[ENVELOPE]
        if event_name not in whole["$defs"]:
            return contract(ENVELOPE)
        shared = {key: rules for key, rules in whole.items() if key not in ("allOf", "$defs")}
        location = f"{BASE}observability/event_envelope.{event_name}.schema.json"
        own = Contract({**shared, "$id": location, "allOf": [whole["$defs"][event_name]]})
        return self.setdefault(event_name, own)


_SPECIALISED = _Specialised()
