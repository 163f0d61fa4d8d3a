"""The fields that a filter may name: they come from the contracts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import Enum
from functools import cache
from typing import Any

from observability.contracts import schemas

FOLDER = "observability/"
ENVELOPE = f"{FOLDER}event_envelope.schema.json"
PREFIX = "narralytica."
MOST_SUGGESTIONS = 3


class Kind(Enum):
    """What a field's values are, and so how they may be compared."""

    TEXT = "text"
    NUMBER = "a number"
    BOOLEAN = "true or false"
    TIME = "a time"
    RANKED = "text that has an order"
    LIST = "a list of texts"


class Place(Enum):
    """Where in an event a field stands."""

    ENVELOPE = "envelope"
    CORRELATION = "correlation"
    ACTOR = "actor"
    PAYLOAD = "payload"
    NAME = "part of the event's name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of an event. `values` are all that the contracts allow, or none for free text.

    The values of a ranked field are in their order, the lowest first.
    """

    name: str
    kind: Kind
    place: Place
    values: tuple[str, ...] = ()
    description: str = ""


@cache
def fields() -> Mapping[str, Field]:
    """Return every field by its name."""
    known: dict[str, Field] = {}
    for each in _declared():
        before = known.get(each.name)
        known[each.name] = _both(before, each) if before else each
    return known


def nearest(name: str, among: Mapping[str, object] | tuple[str, ...]) -> list[str]:
    """Return the names that somebody who wrote `name` may have meant, the likeliest first."""
    wanted = name.lower()
    beginning = [each for each in among if wanted and each.startswith(f"{wanted}_")]
    similar = get_close_matches(wanted, list(among), n=MOST_SUGGESTIONS, cutoff=0.6)
    return list(dict.fromkeys([*beginning, *similar]))[:MOST_SUGGESTIONS]


def _declared() -> Iterator[Field]:
    names = schemas()[ENVELOPE]["properties"]["event_name"]["enum"]
    areas = tuple(dict.fromkeys(name.split(".")[1] for name in names))
    actions = tuple(dict.fromkeys(name.rsplit(".", 1)[1] for name in names))
    about = "of the event's name"
    yield _named("area", areas, f"The second part {about}.")
    yield _named("action", actions, f"The last part {about}.")
    for place, path in (
        (Place.ENVELOPE, ENVELOPE),
        (Place.CORRELATION, f"{FOLDER}correlation.schema.json"),
        (Place.ACTOR, f"{FOLDER}actor.schema.json"),
    ):
        yield from _properties(place, path)
    for path in sorted(schemas()):
        if path.endswith(".payload.schema.json"):
            yield from _properties(Place.PAYLOAD, path)


def _named(name: str, values: tuple[str, ...], description: str) -> Field:
    return Field(
        name=name, kind=Kind.TEXT, place=Place.NAME, values=values, description=description
    )


def _properties(place: Place, path: str) -> Iterator[Field]:
    for name, declared in schemas()[path]["properties"].items():
        schema = _resolved(declared, path)
        kind = _kind(name, schema, path)
        if kind is not None:
            yield Field(
                name=name,
                kind=kind,
                place=place,
                values=tuple(schema.get("enum", (schema["const"],) if "const" in schema else ())),
                description=declared.get("description", ""),
            )


def _kind(name: str, schema: Mapping[str, Any], path: str) -> Kind | None:
    """Return what the values are; None for what is made of parts, such as the payload itself."""
    if name == "severity":
        return Kind.RANKED
    if schema.get("type") == "array":
        items = _resolved(schema["items"], path)
        return Kind.LIST if items.get("type") == "string" else None
    if schema.get("format") == "date-time":
        return Kind.TIME
    kinds = {"number": Kind.NUMBER, "integer": Kind.NUMBER, "boolean": Kind.BOOLEAN}
    named = "string" if "enum" in schema else schema.get("type")
    return Kind.TEXT if named == "string" else kinds.get(str(named))


def _resolved(schema: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """Follow the references into definitions, and look through `or null`."""
    for choice in schema.get("anyOf", ()):
        if choice.get("type") != "null":
            return _resolved(choice, path)
    file, _, pointer = schema.get("$ref", "").partition("#/$defs/")
    if not pointer:
        return schema
    target = f"{FOLDER}{file.removeprefix('../')}" if file else path
    return _resolved(schemas()[target]["$defs"][pointer], target)


def _both(one: Field, other: Field) -> Field:
    """Return the field that two contracts declare: what either allows is allowed."""
    kind = one.kind if one.kind is other.kind else Kind.TEXT
    free = not one.values or not other.values
    values = () if free else tuple(dict.fromkeys([*one.values, *other.values]))
    return replace(one, kind=kind, values=values)
