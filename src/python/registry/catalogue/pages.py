"""Renders the catalogue from the contracts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from registry.catalogue.example import example_envelopes
from registry.catalogue.fields import Field, fields, term
from registry.catalogue.history import Step, histories
from registry.catalogue.text import highlighted, markdown_cell
from registry.envelope import envelope_schema
from registry.evolution.contract_set import ContractSet, read_contracts
from registry.evolution.normal_form import Scope
from registry.evolution.releases import CURRENT, released_folder, versions
from registry.sources import EventDefinition, EventRegistry, load

DOCS = Path("docs")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """All that the catalogue tells about one event."""

    event: EventDefinition
    deprecated: str | None
    replaced_by: str | None
    fields: tuple[Field, ...]
    example: str
    history: tuple[Step, ...]

    @property
    def area(self) -> str:
        """The second part of the event's name."""
        return self.event.event_name.split(".")[1]


def catalogue_files(root: Path) -> Mapping[Path, str]:
    """Return the text of `docs/events.md` and `docs/events.html`, by path below `root`.

    Raises InvalidRegistry for contracts that cannot be used.
    """
    registry = load(root)
    contracts = read_contracts(root / CURRENT)
    told = _told(registry, contracts, _released(root))
    environment = _environment()
    return {
        DOCS / name: environment.get_template(f"{name}.jinja2").render(told)
        for name in ("events.md", "events.html")
    }


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("registry.catalogue"),
        autoescape=select_autoescape(["html.jinja2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(cell=markdown_cell, highlighted=highlighted)
    return environment


def _released(root: Path) -> list[ContractSet]:
    return [read_contracts(released_folder(root, version)) for version in versions(root)]


def _told(
    registry: EventRegistry, contracts: ContractSet, released: list[ContractSet]
) -> dict[str, Any]:
    pages = _pages(registry, contracts, histories([*released, contracts]))
    definitions = contracts.documents["observability/definitions.schema.json"]
    return {
        "schema_version": registry.schema_version,
        "pages": pages,
        "areas": [(area, list(group)) for area, group in groupby(pages, lambda page: page.area)],
        "envelope": [_brief(field) for field in _fields(envelope_schema(registry), contracts)],
        "correlation": _document_fields("observability/correlation.schema.json", contracts),
        "actor": _document_fields("observability/actor.schema.json", contracts),
        "terms": [
            term(name, definition, _scope(definitions, contracts))
            for name, definition in registry.definitions.items()
        ],
        "titles": {name: rules["title"] for name, rules in registry.definitions.items()},
    }


def _pages(
    registry: EventRegistry, contracts: ContractSet, history: Mapping[str, tuple[Step, ...]]
) -> list[EventPage]:
    examples = example_envelopes(registry)
    return [
        EventPage(
            event=event,
            deprecated=contracts.events[event.event_name].content.get("deprecated"),
            replaced_by=contracts.events[event.event_name].content.get("replaced_by"),
            fields=_fields(event.payload, contracts),
            example=json.dumps(examples[event.event_name], separators=(",", ":")),
            history=history[event.event_name],
        )
        for event in registry.events
    ]


def _brief(field: Field) -> Field:
    """Leave the list of all names out, which is what the whole page is."""
    named = field.name == "event_name"
    return replace(field, choices=(), limits=("an event of this page",)) if named else field


def _document_fields(path: str, contracts: ContractSet) -> tuple[Field, ...]:
    return _fields(contracts.documents[path], contracts)


def _fields(schema: Mapping[str, Any], contracts: ContractSet) -> tuple[Field, ...]:
    return tuple(fields(schema, _scope(schema, contracts)))


def _scope(document: Mapping[str, Any], contracts: ContractSet) -> Scope:
    return Scope(base=document["$id"], registry=contracts.registry, files=contracts.files)
