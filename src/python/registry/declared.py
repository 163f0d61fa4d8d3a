"""Checks that a schema declares all that an event may hold: what, how sensitive, how long."""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

SENSITIVITIES = ("public", "identifier", "hashed")

# Any one of them keeps a string from being of any length.
BOUNDS_OF_STRINGS = ("maxLength", "enum", "const")

# A name of the contracts that ends so bears its unit; the description says it in full.
UNITS = {"_ms": "millisecond", "_bytes": "byte", "_seconds": "second"}


def undeclared(schema: Schema, place: str = "$") -> Iterator[str]:
    """Yield `place: what is missing` for every gap in a schema, nested ones included.

    A property needs a description that names its unit, an `x-sensitivity`, and examples of its own
    or of what it refers to; an object is closed; a string or an array is bounded.
    """
    for name, rules in schema.get("properties", {}).items():
        inner = f"{place}.properties.{name}"
        yield from (f"{inner}: {gap}" for gap in _gaps(name, rules))
        if isinstance(rules, Mapping):
            yield from undeclared(rules, inner)
    yield from (f"{place}: {gap}" for gap in _open_ends(schema))
    for name, rules in schema.get("$defs", {}).items():
        yield from undeclared(rules, f"{place}.$defs.{name}")
    for index, rules in enumerate(schema.get("anyOf", ())):
        yield from undeclared(rules, f"{place}.anyOf[{index}]")
    if "items" in schema:
        yield from undeclared(schema["items"], f"{place}.items")


def _gaps(name: str, rules: Schema) -> Iterator[str]:
    # `true` is a JSON Schema as well, one that takes anything.
    if not isinstance(rules, Mapping):
        yield "must be an object that describes it"
        return
    if not rules.get("description"):
        yield "description is missing"
    for suffix, unit in UNITS.items():
        if name.endswith(suffix) and unit not in rules.get("description", ""):
            yield f"description does not name the unit ({unit}s)"
    if "x-sensitivity" not in rules:
        yield "x-sensitivity is missing"
    elif rules["x-sensitivity"] not in SENSITIVITIES:
        yield f"x-sensitivity must be one of {', '.join(SENSITIVITIES)}"
    if not rules.get("examples") and "$ref" not in rules:
        yield "examples is missing"


def _open_ends(rules: Schema) -> Iterator[str]:
    json_type = rules.get("type")
    if json_type == "object" and rules.get("additionalProperties") is not False:
        yield "additionalProperties must be false"
    if json_type == "string" and not any(bound in rules for bound in BOUNDS_OF_STRINGS):
        yield "maxLength is missing"
    if json_type == "array" and "maxItems" not in rules:
        yield "maxItems is missing"
