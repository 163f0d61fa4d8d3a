"""Reads a contract set, be it the current or a released one, as immutable values."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, best_match
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from registry.evolution.normal_form import Scope, normal_form
from registry.evolution.rules import Node
from registry.sources import InvalidRegistry, read_json

REGISTRY = "observability/registry.json"
ENVELOPE = "observability/event_envelope.schema.json"
MESSAGES = "messages/"

VERSION = r"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$"
NAMES = {"type": "array", "items": {"type": "string"}}
REGISTRY_SHAPE = {
    "type": "object",
    "required": ["schema_version", "events"],
    "properties": {
        "schema_version": {"type": "string", "pattern": VERSION},
        "events": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["event_name", "payload", "severity", "requires", "emitters", "since"],
                "properties": {
                    "event_name": {"type": "string"},
                    "payload": {"type": "string"},
                    "severity": {"type": "string"},
                    "requires": NAMES,
                    "emitters": NAMES,
                    "since": {"type": "string"},
                    "deprecated": {"type": "string"},
                    "replaced_by": {"type": "string"},
                },
            },
        },
    },
}
"""What a comparison needs of any version's registry; the version's own schema may say more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An event's entry in the registry, and its place there."""

    index: int
    content: Mapping[str, Any]

    @property
    def payload_file(self) -> str:
        """The path of the payload's schema in the contract set."""
        return f"observability/{self.content['payload']}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractSet:
    """The documents of one version, by their paths, and its events, by their names."""

    schema_version: str
    events: Mapping[str, Entry]
    documents: Mapping[str, Any]
    registry: Registry[Any]
    files: Mapping[str, str]

    @property
    def messages(self) -> tuple[str, ...]:
        """The paths of the message schemas."""
        return tuple(path for path in self.documents if path.startswith(MESSAGES))

    def rules(self, path: str, schema: Any = None) -> Node:
        """Return what the document at `path` accepts, or a `schema` that stands in it.

        Raises InvalidRegistry for a reference that cannot be followed.
        """
        document = self.documents[path]
        scope = Scope(base=document["$id"], registry=self.registry, files=self.files)
        return normal_form(document if schema is None else schema, scope)


def read_contracts(folder: Path) -> ContractSet:
    """Read the contract set in `folder`, which holds `observability/` and `messages/`.

    Raises InvalidRegistry for a file that is missing, unreadable, not valid JSON Schema 2020-12 or
    without `$id`, for a registry of another shape, and for an event name that stands twice.
    """
    registry = read_json(folder / REGISTRY)
    error = best_match(Draft202012Validator(REGISTRY_SHAPE).iter_errors(registry))
    if error is not None:
        raise InvalidRegistry(
            f"{folder / REGISTRY}: {error.json_path}: {error.message} ({error.validator})"
        )
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.schema.json"))
    documents = {path: _schema(folder / path) for path in paths}
    return ContractSet(
        schema_version=registry["schema_version"],
        events=MappingProxyType(_events(registry["events"], documents, folder)),
        documents=MappingProxyType(documents),
        registry=Registry().with_resources(
            (schema["$id"], DRAFT202012.create_resource(schema)) for schema in documents.values()
        ),
        files=MappingProxyType({schema["$id"]: path for path, schema in documents.items()}),
    )


def _schema(path: Path) -> dict[str, Any]:
    schema = read_json(path)
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise InvalidRegistry(
            f"{path}: {error.json_path}: {error.message} ({error.validator})"
        ) from error
    if "$id" not in schema:
        raise InvalidRegistry(f"{path}: $: '$id' is a required property (required)")
    return schema


def _events(
    entries: list[dict[str, Any]], documents: Mapping[str, Any], folder: Path
) -> dict[str, Entry]:
    events: dict[str, Entry] = {}
    for index, content in enumerate(entries):
        place = f"{folder / REGISTRY}: $.events[{index}]"
        entry = Entry(index=index, content=MappingProxyType(content))
        if content["event_name"] in events:
            raise InvalidRegistry(f"{place}: {content['event_name']} stands twice (unique)")
        if entry.payload_file not in documents:
            raise InvalidRegistry(
                f"{place}.payload: there is no {folder / entry.payload_file} (exists)"
            )
        events[content["event_name"]] = entry
    return events
