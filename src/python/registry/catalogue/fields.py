"""Describes the fields of a JSON Schema for people."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from registry.evolution.normal_form import Scope

# A name of the contracts that ends so gives its unit.
UNITS = {"_ms": "milliseconds"}

BOUNDS = {
    "minimum": "≥ {}",
    "maximum": "≤ {}",
    "exclusiveMinimum": "> {}",
    "exclusiveMaximum": "< {}",
}
SIZES = {"characters": ("minLength", "maxLength"), "items": ("minItems", "maxItems")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A property of a schema. The name of a nested one holds its path: `violations[].rule`.

    `term` is the shared definition that it refers to; `choices` are the only values allowed;
    `limits` are its unit, format and bounds in words.
    """

    name: str
    type_name: str
    term: str | None
    choices: tuple[str, ...]
    limits: tuple[str, ...]
    pattern: str | None
    required: bool
    sensitivity: str | None
    description: str


class _Node(NamedTuple):
    """A schema with what it refers to merged in, and where references from inside it start."""

    rules: Mapping[str, Any]
    term: str | None
    scope: Scope


def fields(schema: Mapping[str, Any], scope: Scope, prefix: str = "") -> Iterator[Field]:
    """Yield the properties of `schema`, each followed by those inside it.

    `scope` says where the schema stands. Raises InvalidRegistry for a reference that leads nowhere.
    """
    required = schema.get("required", ())
    for name, property_schema in schema.get("properties", {}).items():
        node = _resolved(property_schema, scope)
        yield _field(prefix + name, node, name in required)
        yield from _inside(prefix + name, node)


def term(name: str, definition: Mapping[str, Any], scope: Scope) -> Field:
    """Describe a shared definition as a field is described."""
    return _field(name, _resolved(definition, scope), required=False)


def _inside(name: str, node: _Node) -> Iterator[Field]:
    if "items" in node.rules:
        item = _resolved(node.rules["items"], node.scope)
        yield from fields(item.rules, item.scope, f"{name}[].")


def _field(name: str, node: _Node, required: bool) -> Field:
    return Field(
        name=name,
        type_name=_type_name(node),
        term=_term(node),
        choices=_choices(node.rules),
        limits=tuple(_limits(name, node.rules)),
        pattern=node.rules.get("pattern"),
        required=required,
        sensitivity=node.rules.get("x-sensitivity"),
        description=node.rules.get("description", ""),
    )


def _resolved(schema: Mapping[str, Any], scope: Scope) -> _Node:
    """Merge the referred schema, and the one alternative to null, under the schema's own keys."""
    own = {key: value for key, value in schema.items() if key not in ("$ref", "anyOf")}
    if "$ref" in schema:
        base = _resolved(*scope.follow(schema["$ref"]))
        shared = "definitions.schema.json#/$defs/" in schema["$ref"]
        name = schema["$ref"].rsplit("/", 1)[1] if shared else base.term
        return _Node({**base.rules, **own}, name, base.scope)
    if "anyOf" in schema:
        branches = [_resolved(branch, scope) for branch in schema["anyOf"]]
        names = [_type_name(branch) for branch in branches]
        value = next(node for node, name in zip(branches, names, strict=True) if name != "null")
        merged = {**value.rules, **own, "type": names}
        return _Node(merged, value.term, value.scope)
    return _Node(own, None, scope)


def _term(node: _Node) -> str | None:
    """Return the shared definition of a value, or of each of its items."""
    if "items" in node.rules:
        return _resolved(node.rules["items"], node.scope).term
    return node.term


def _type_name(node: _Node) -> str:
    named = node.rules.get("type", "string")
    names = [named] if isinstance(named, str) else named
    if names == ["array"] and "items" in node.rules:
        return f"array of {_type_name(_resolved(node.rules['items'], node.scope))}"
    return " or ".join(names)


def _choices(rules: Mapping[str, Any]) -> tuple[str, ...]:
    values = [rules["const"]] if "const" in rules else rules.get("enum", ())
    return tuple(value if isinstance(value, str) else json.dumps(value) for value in values)


def _limits(name: str, rules: Mapping[str, Any]) -> Iterator[str]:
    yield from (unit for suffix, unit in UNITS.items() if name.endswith(suffix))
    if "format" in rules:
        yield f"format {rules['format']}"
    for keyword, words in BOUNDS.items():
        if keyword in rules:
            yield words.format(rules[keyword])
    for unit, (least, most) in SIZES.items():
        if least in rules or most in rules:
            yield f"{_range(rules.get(least, 0), rules.get(most))} {unit}"
    if rules.get("uniqueItems"):
        yield "no repeats"


def _range(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {least}"
    return f"{least} to {most}" if least else f"at most {most}"
