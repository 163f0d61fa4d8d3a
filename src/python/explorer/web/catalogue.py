"""What the contracts say about each event."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from observability.contracts import schemas

FOLDER = "observability/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of an event's payload."""

    name: str
    description: str
    kind: str
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """An event as its contract declares it."""

    event_name: str
    description: str
    severity: str
    requires: tuple[str, ...]
    emitters: tuple[str, ...]
    since: str
    deprecated: str | None
    fields: tuple[Field, ...]

    @property
    def area(self) -> str:
        """The second part of the name."""
        return self.event_name.split(".")[1]


@cache
def declared_events() -> tuple[Declared, ...]:
    """Return every event of the contracts, in their order."""
    text = (files("contracts") / "schemas" / FOLDER / "registry.json").read_text("utf-8")
    return tuple(_declared(entry) for entry in json.loads(text)["events"])


def _declared(entry: Mapping[str, Any]) -> Declared:
    payload = schemas()[FOLDER + entry["payload"]]
    required = payload.get("required", ())
    return Declared(
        event_name=entry["event_name"],
        description=payload["description"],
        severity=entry["severity"],
        requires=tuple(entry["requires"]),
        emitters=tuple(entry["emitters"]),
        since=entry["since"],
        deprecated=entry.get("deprecated"),
        fields=tuple(
            Field(
                name=name,
                description=rules.get("description", ""),
                kind=_kind(rules),
                required=name in required,
            )
            for name, rules in payload["properties"].items()
        ),
    )


def _kind(rules: Mapping[str, Any]) -> str:
    """Return the values that a field may have, or their type, in a few words."""
    if "const" in rules:
        return json.dumps(rules["const"])
    if reference := rules.get("$ref"):
        definition = schemas()[f"{FOLDER}definitions.schema.json"]["$defs"][
            reference.partition("#/$defs/")[2]
        ]
        choices = definition.get("enum")
        return ", ".join(choices) if choices else str(definition.get("type", "string"))
    return ", ".join(map(str, rules["enum"])) if "enum" in rules else str(rules["type"])
