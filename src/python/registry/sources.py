"""Reads the registry and the schemas that it names, as immutable values."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, best_match
from referencing import Registry, Resource

from registry.declared import undeclared

Schema = Mapping[str, Any]

OBSERVABILITY = Path("contracts/schemas/observability")

# What every schema says of itself, and what a schema of values says beside.
ABOUT = ("$schema", "$id", "title", "description")
VALUES = (*ABOUT, "type", "examples")


class InvalidRegistry(ValueError):
    """A file under `contracts/` that cannot be used; the message names file, place and rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDefinition:
    """One entry of the registry with the payload schema that it names."""

    event_name: str
    payload_path: str
    payload: Schema
    severity: str
    requires: tuple[str, ...]
    emitters: tuple[str, ...]
    since: str

    @property
    def type_name(self) -> str:
        """The name of the typed constructor: the payload schema's title."""
        return str(self.payload["title"])


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRegistry:
    """Every event that exists, and the vocabulary that their payloads share."""

    schema_version: str
    events: tuple[EventDefinition, ...]
    definitions: Schema


def load(root: Path) -> EventRegistry:
    """Read the registry below the repository folder `root`.

    Raises InvalidRegistry for a missing or unreadable file, an entry that breaks
    `registry.schema.json`, a name that stands twice, and a schema that is not valid JSON Schema
    2020-12 or does not declare all that an event may hold (`declared.undeclared`).
    """
    folder = root / OBSERVABILITY
    raw = read_json(folder / "registry.json")
    definitions = read_json(folder / "definitions.schema.json")
    _check_definitions(definitions, folder / "definitions.schema.json")
    _check_registry(raw, folder, definitions)
    for name in ("correlation", "actor"):
        path = folder / f"{name}.schema.json"
        _check_schema(read_json(path), path, VALUES)
    events = tuple(_event(entry, folder) for entry in raw["events"])
    _check_unique([event.event_name for event in events], "event_name")
    _check_unique([event.type_name for event in events], "title")
    _check_unique([event.payload["$id"] for event in events], "$id")
    return EventRegistry(
        schema_version=raw["schema_version"],
        events=events,
        definitions=MappingProxyType(definitions["$defs"]),
    )


def read_json(path: Path) -> dict[str, Any]:
    """Parse one JSON object; raises InvalidRegistry naming the file and the line."""
    try:
        parsed = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidRegistry(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise InvalidRegistry(f"{path}: is not JSON ({error})") from error
    if not isinstance(parsed, dict):
        raise InvalidRegistry(f"{path}: must hold a JSON object")
    return parsed


def _event(entry: Schema, folder: Path) -> EventDefinition:
    path = folder / entry["payload"]
    payload = read_json(path)
    _check_schema(payload, path, VALUES)
    return EventDefinition(
        event_name=entry["event_name"],
        payload_path=entry["payload"],
        payload=MappingProxyType(payload),
        severity=entry["severity"],
        requires=tuple(entry["requires"]),
        emitters=tuple(entry["emitters"]),
        since=entry["since"],
    )


def _check_registry(raw: Schema, folder: Path, definitions: Schema) -> None:
    schema = read_json(folder / "registry.schema.json")
    vocabulary = Registry().with_resource(
        definitions["$id"], Resource.from_contents(dict(definitions))
    )
    error = best_match(Draft202012Validator(schema, registry=vocabulary).iter_errors(raw))
    if error is not None:
        raise InvalidRegistry(
            f"{folder / 'registry.json'}: {error.json_path}: {error.message} ({error.validator})"
        )


def _check_definitions(definitions: Schema, path: Path) -> None:
    _check_schema(definitions, path, (*ABOUT, "$defs"))
    for name, definition in definitions["$defs"].items():
        for key in ("title", "description", "type", "examples"):
            if key not in definition:
                raise InvalidRegistry(f"{path}: $.$defs.{name}: {key} is missing")


def _check_schema(schema: Schema, path: Path, needed: Iterable[str]) -> None:
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise InvalidRegistry(f"{path}: {error.json_path}: {error.message}") from error
    for key in needed:
        if key not in schema:
            raise InvalidRegistry(f"{path}: {key} is missing")
    for gap in undeclared(schema):
        raise InvalidRegistry(f"{path}: {gap}")


def _check_unique(names: list[str], what: str) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InvalidRegistry(
            f"{OBSERVABILITY / 'registry.json'}: {what} stands twice: {repeated[0]}"
        )
