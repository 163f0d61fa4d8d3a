"""Makes payloads from their schemas."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

from registry.sources import EventDefinition, EventRegistry, Schema

# Made-up numbers stay small enough to look at.
MOST = 1000


@dataclass(frozen=True, kw_only=True)
class Payloads:
    """Fills in what a story leaves open."""

    registry: EventRegistry
    random: Random

    @cached_property
    def events(self) -> Mapping[str, EventDefinition]:
        """The registered events by their names."""
        return {event.event_name: event for event in self.registry.events}

    def payload(self, event: EventDefinition, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return a payload with the `given` values that the schema knows, and the rest made up.

        Of the optional fields that are not given about half are left out.
        """
        required = event.payload.get("required", ())
        return {
            name: given[name] if name in given else self._value(name, rules, event)
            for name, rules in event.payload["properties"].items()
            if name in given or name in required or self.random.random() < 0.5
        }

    def _value(self, name: str, rules: Schema, event: EventDefinition) -> Any:
        limits = self._resolved(rules, event)
        if "const" in limits:
            return limits["const"]
        if "enum" in limits:
            return self.random.choice(limits["enum"])
        if limits.get("type") == "boolean":
            return self.random.random() < 0.5
        if limits.get("type") in ("integer", "number"):
            low = limits.get("minimum", 0)
            return self.random.randint(low, min(limits.get("maximum", low + MOST), low + MOST))
        known: Mapping[str, Any] = event.payload["examples"][0]
        return known[name] if name in known else limits["examples"][0]

    def _resolved(self, rules: Schema, event: EventDefinition) -> Schema:
        """Put what a rule refers to, a shared definition or one of the file's own, under it."""
        reference = rules.get("$ref", "")
        if not reference:
            return rules
        shared = "definitions.schema.json" in reference
        place = self.registry.definitions if shared else event.payload["$defs"]
        return {**place[reference.rsplit("/", 1)[1]], **rules}
