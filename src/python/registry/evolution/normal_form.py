"""Brings JSON Schema 2020-12 into the normal form of `rules`, following every `$ref`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urldefrag, urljoin

from referencing import Registry
from referencing.exceptions import Unresolvable

from registry.evolution.rules import (
    ANYTHING,
    BOUNDS,
    NEVER,
    Alternative,
    Node,
    choice,
    conjunction,
    tidy,
)
from registry.evolution.values import canonical, type_of
from registry.sources import InvalidRegistry

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DOCUMENTATION = ("title", "description", "examples", "default", "$comment")
NOTES = (*DOCUMENTATION, "x-sensitivity", "deprecated")
UNDERSTOOD = (
    *NOTES,
    *BOUNDS,
    "$defs",
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "enum",
    "format",
    "items",
    "pattern",
    "properties",
    "required",
    "type",
    "uniqueItems",
)
"""Every keyword that the comparison understands; a change of another one is breaking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where a schema stands: its base URI, and the references that were followed to get there.

    `registry` holds the documents and `files` their paths, both by `$id`.
    """

    base: str
    registry: Registry[Any]
    files: Mapping[str, str]
    trail: tuple[str, ...] = ()

    def follow(self, reference: str) -> tuple[Any, "Scope"]:
        """Return what a `$ref` leads to. Raises InvalidRegistry for a broken or recursive one."""
        target = urljoin(self.base, reference)
        here = f"{self.files[self.base]}: $ref {reference}"
        if target in self.trail:
            raise InvalidRegistry(f"{here} is recursive, which a contract may not be")
        try:
            found = self.registry.resolver().lookup(target)
        except Unresolvable as error:
            raise InvalidRegistry(f"{here} leads nowhere") from error
        return found.contents, replace(
            self, base=urldefrag(target).url, trail=(*self.trail, target)
        )


def normal_form(schema: Any, scope: Scope) -> Node:
    """Return the values that `schema` accepts. Raises InvalidRegistry as `Scope.follow` does."""
    if schema is True:
        return ANYTHING
    if schema is False:
        return NEVER
    node = Node(
        alternatives=tuple(_own(schema, scope)),
        notes={key: schema[key] for key in NOTES if key in schema},
    )
    if "$ref" in schema:
        target, beyond = scope.follow(schema["$ref"])
        node = conjunction(node, normal_form(target, beyond))
        if "#" not in schema["$ref"] and not (schema.keys() - {"$ref", *NOTES}):
            node = replace(node, file=scope.files[beyond.base])
    for part in schema.get("allOf", ()):
        node = conjunction(node, normal_form(part, scope))
    if "anyOf" in schema:
        node = conjunction(node, choice(normal_form(part, scope) for part in schema["anyOf"]))
    return node


def _own(schema: Mapping[str, Any], scope: Scope) -> Iterator[Alternative]:
    """Give what the schema itself says, without $ref, allOf and anyOf: one alternative a type."""
    values = _values(schema)
    rules = Alternative(
        values=values,
        bounds={
            key: schema[key] for key in BOUNDS if schema.get(key) not in (None, _FREE.get(key))
        },
        patterns=frozenset({schema["pattern"]} if "pattern" in schema else ()),
        formats=frozenset({schema["format"]} if "format" in schema else ()),
        unique=schema.get("uniqueItems", False),
        items=normal_form(schema["items"], scope) if "items" in schema else None,
        properties={
            name: normal_form(part, scope) for name, part in schema.get("properties", {}).items()
        },
        required=frozenset(schema.get("required", ())),
        closed=schema.get("additionalProperties", True) is False,
        unknown=frozenset(_unknown(schema, scope)),
    )
    for json_type in _types(schema, values):
        alternative = tidy(replace(rules, type=json_type))
        if alternative is not None:
            yield alternative


_FREE = {"minLength": 0, "minItems": 0}
"""Values of a bound that rule nothing out."""


def _types(schema: Mapping[str, Any], values: frozenset[str] | None) -> tuple[str | None, ...]:
    """Return the types that the schema names, or that its values have when it names none."""
    given = schema.get("type")
    if isinstance(given, str):
        return (given,)
    types = set(given) if given else {type_of(value) for value in values or ()}
    if "number" in types:
        types.discard("integer")
    return tuple(sorted(types)) or (None,)


def _values(schema: Mapping[str, Any]) -> frozenset[str] | None:
    lists = [frozenset(map(canonical, schema["enum"]))] if _scalars(schema, "enum") else []
    if _scalars(schema, "const"):
        lists.append(frozenset({canonical(schema["const"])}))
    return frozenset.intersection(*lists) if lists else None


def _scalars(schema: Mapping[str, Any], keyword: str) -> bool:
    """Tell whether the keyword lists plain values; arrays and objects count as not understood."""
    if keyword not in schema:
        return False
    values = schema["enum"] if keyword == "enum" else [schema["const"]]
    return not any(isinstance(value, (list, dict)) for value in values)


def _unknown(schema: Mapping[str, Any], scope: Scope) -> Iterator[tuple[str, str]]:
    for keyword, value in schema.items():
        if keyword == "$schema" and value == DIALECT:
            continue
        if keyword == "$id" and value in scope.files:
            continue
        if keyword == "additionalProperties" and value in (True, False, {}):
            continue
        if keyword in ("enum", "const") and _scalars(schema, keyword):
            continue
        if keyword in ("enum", "const", "additionalProperties") or keyword not in UNDERSTOOD:
            yield keyword, canonical(_written_out(value, scope))


def _written_out(value: Any, scope: Scope) -> Any:
    """Put what references lead to in their place, so that a change behind one shows."""
    if isinstance(value, list):
        return [_written_out(item, scope) for item in value]
    if not isinstance(value, dict):
        return value
    written = {key: _written_out(item, scope) for key, item in value.items() if key != "$ref"}
    if "$ref" in value:
        target, beyond = scope.follow(value["$ref"])
        written["$ref"] = _written_out(target, beyond)
    return written
