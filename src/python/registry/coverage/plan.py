"""What the contracts let emitters say: events, optional fields, and values to choose from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from registry.catalogue.fields import Field, fields
from registry.envelope import envelope_schema
from registry.evolution.contract_set import ContractSet, read_contracts
from registry.evolution.normal_form import Scope
from registry.evolution.releases import CURRENT
from registry.sources import EventDefinition, Schema, load

# The façade tells these in the name of whatever service it serves.
ANY_SERVICE = "observability"
TELLS_OF_FAILURE = ("warn", "error")


class Kind(StrEnum):
    """What can be seen in a line, or not."""

    EVENT = "events"
    FIELD = "optional fields"
    VALUE = "enum values"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that lines can show: an event, its optional field, or a value of its field."""

    kind: Kind
    event_name: str
    field: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that can be seen, and the names that are registered.

    `fields` are those of each event's payload, `shared` those of every line. `healthy` are the
    events that tell of no failure.
    """

    items: frozenset[Item]
    fields: Mapping[str, Mapping[str, Field]]
    shared: frozenset[str]
    emitters: Mapping[str, tuple[str, ...]]
    healthy: frozenset[str]

    def may_emit(self, service_name: str, event_name: str) -> bool:
        """Tell whether a registered event is registered for this service."""
        emitters = self.emitters[event_name]
        return service_name in emitters or ANY_SERVICE in emitters

    def of_service(self, service_name: str) -> frozenset[Item]:
        """Return what one service can show."""
        return frozenset(
            item for item in self.items if self.may_emit(service_name, item.event_name)
        )


def read_plan(root: Path) -> Plan:
    """Read the contracts below `root`. Raises InvalidRegistry when they cannot be used."""
    registry = load(root)
    contracts = read_contracts(root / CURRENT)
    by_event = {
        event.event_name: {field.name: field for field in _fields(event.payload, contracts)}
        for event in registry.events
    }
    shared = {field.name for field in _fields(envelope_schema(registry), contracts)}
    for name in ("correlation", "actor"):
        document = contracts.documents[f"observability/{name}.schema.json"]
        shared |= {f"{name}.{field.name}" for field in _fields(document, contracts)}
    return Plan(
        items=frozenset(
            item for event in registry.events for item in _items(event, by_event[event.event_name])
        ),
        fields=by_event,
        shared=frozenset(shared),
        emitters={event.event_name: event.emitters for event in registry.events},
        healthy=frozenset(
            event.event_name for event in registry.events if event.severity not in TELLS_OF_FAILURE
        ),
    )


def _items(event: EventDefinition, by_name: Mapping[str, Field]) -> Iterator[Item]:
    yield Item(kind=Kind.EVENT, event_name=event.event_name)
    for name, field in by_name.items():
        if not field.required:
            yield Item(kind=Kind.FIELD, event_name=event.event_name, field=name)
        for value in choices(field):
            yield Item(kind=Kind.VALUE, event_name=event.event_name, field=name, value=value)


def choices(field: Field) -> tuple[str, ...]:
    """Return the values that an emitter chooses from; a single one is no choice."""
    if field.type_name == "boolean":
        return ("false", "true")
    return field.choices if len(field.choices) > 1 else ()


def _fields(schema: Schema, contracts: ContractSet) -> Iterator[Field]:
    return fields(
        schema, Scope(base=schema["$id"], registry=contracts.registry, files=contracts.files)
    )
