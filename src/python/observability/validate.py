"""Judges event envelopes against the contracts; compiled once per event name."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from observability.contracts import BASE, Contract, Violation, contract, schemas

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


def envelope_violations(envelope: Mapping[str, Any]) -> tuple[Violation, ...]:
    """Return the rules that an envelope breaks; none when it is valid."""
    judge = _judge(envelope.get("event_name"))
    return () if judge.accepts(envelope) else judge.violations(envelope)


def undeclared_keys(envelope: Mapping[str, Any]) -> frozenset[str]:
    """Return the payload keys that the event's schema does not declare."""
    declared = _payload_properties(envelope["event_name"])
    return frozenset(envelope["payload"]) - declared


def _judge(event_name: object) -> Contract:
    """Return the envelope schema specialised for one event name.

    It decides as the whole envelope schema does, without asking it for every event name in turn.
    """
    if isinstance(event_name, str) and event_name in schemas()[ENVELOPE]["$defs"]:
        return _specialised(event_name)
    return contract(ENVELOPE)


@cache
def _specialised(event_name: str) -> Contract:
    whole = schemas()[ENVELOPE]
    shared = {key: rules for key, rules in whole.items() if key not in ("allOf", "$defs")}
    location = f"{BASE}observability/event_envelope.{event_name}.schema.json"
    return Contract({**shared, "$id": location, "allOf": [whole["$defs"][event_name]]})


@cache
def _payload_properties(event_name: str) -> frozenset[str]:
    path = schemas()[ENVELOPE]["$defs"][event_name]["properties"]["payload"]["$ref"]
    return frozenset(schemas()[f"observability/{path}"]["properties"])
