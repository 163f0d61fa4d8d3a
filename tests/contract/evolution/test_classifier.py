"""The classifier keeps its word: what it does not call breaking does not break."""

import json
import re
from copy import deepcopy
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis_jsonschema import from_schema
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from registry.evolution.change import Change
from registry.evolution.compare import compare
from registry.evolution.kinds import Kind, Level
from registry.evolution.normal_form import Scope, normal_form
from registry.evolution.place import Place
from registry.evolution.rules import Node
from registry.sources import InvalidRegistry
from tests.contract.evolution.schema_pairs import Schema, pairs, schemas
from tests.contract.evolution.small_schemas import SMALL_SCHEMAS, SMALL_VALUES
from tests.contract.evolution.test_kinds import FIXTURES

EVENT = Place(subject="test", file="test", tolerant=True)
MESSAGE = Place(subject="test", file="test", tolerant=False)
BASE = "https://schemas.narralytica.example/test.schema.json"


def rules(schema: Schema) -> Node:
    resource = DRAFT202012.create_resource(schema)
    registry: Registry[Any] = Registry().with_resource(BASE, resource)
    return normal_form(schema, Scope(base=BASE, registry=registry, files={BASE: "test"}))


def changes(old: Schema, new: Schema, *, tolerant: bool = True) -> list[Change]:
    return list(compare(rules(old), rules(new), EVENT if tolerant else MESSAGE))


def values(schema: Schema) -> st.SearchStrategy[Any]:
    """Return values that the schema accepts; from_schema alone gives a few that it does not."""
    # A copy: it writes its own form of a schema into the one that it is given.
    drawn = from_schema(deepcopy(schema), custom_formats={"uuid": st.uuids().map(str)})
    return drawn.filter(lambda value: valid(schema, value))


def valid(schema: Schema, value: Any) -> bool:
    checker = Draft202012Validator.FORMAT_CHECKER
    return Draft202012Validator(schema, format_checker=checker).is_valid(value)


def accepted(schema: Schema) -> set[int]:
    """Return which of the small values the schema accepts."""
    checker = Draft202012Validator.FORMAT_CHECKER
    judge = Draft202012Validator(schema, format_checker=checker)
    return {index for index, value in enumerate(SMALL_VALUES) if judge.is_valid(value)}


def opened(schema: Any) -> Any:
    """Return the schema as a reader takes it who ignores unknown fields."""
    if isinstance(schema, list):
        return [opened(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: opened(part) for key, part in schema.items() if key != "additionalProperties"}


def breaks_writers(found: list[Change]) -> bool:
    return any(change.kind.value.writers is Level.BREAKING for change in found)


def breaks_readers(found: list[Change]) -> bool:
    return any(change.kind.value.readers is Level.BREAKING for change in found)


generated = settings(deadline=None, suppress_health_check=list(HealthCheck))


@settings(generated, max_examples=100)
@given(st.data(), pairs())
def test_what_is_not_called_breaking_does_not_break(
    data: st.DataObject, pair: tuple[Schema, Schema]
) -> None:
    old, new = pair
    if not breaks_writers(changes(old, new)):
        assert valid(new, data.draw(values(old), label="written by an old writer"))
    if not breaks_readers(changes(old, new)):
        assert valid(opened(old), data.draw(values(new), label="read by an old reader"))
    if not breaks_readers(changes(old, new, tolerant=False)):
        assert valid(old, data.draw(values(new), label="received by an old receiver"))


def test_what_breaks_at_a_limit_is_called_breaking() -> None:
    taken = [accepted(schema) for schema in SMALL_SCHEMAS]
    read = [accepted(opened(schema)) for schema in SMALL_SCHEMAS]
    forms = [rules(schema) for schema in SMALL_SCHEMAS]
    for (old, before), (new, after) in product(enumerate(forms), repeat=2):
        pair = (SMALL_SCHEMAS[old], SMALL_SCHEMAS[new])
        found = list(compare(before, after, EVENT))
        if not breaks_writers(found):
            assert taken[old] <= taken[new], pair
        if not breaks_readers(found):
            assert taken[new] <= read[old], pair
        if not breaks_readers(list(compare(before, after, MESSAGE))):
            assert taken[new] <= taken[old], pair


@settings(generated, max_examples=50)
@given(schemas())
def test_a_schema_does_not_differ_from_itself(schema: Schema) -> None:
    assert changes(schema, schema) == []


CAUTIOUS = (
    Kind.SENSITIVITY_CHANGED,  # a promise about meaning
    Kind.UNKNOWN_KEYWORD_CHANGED,  # may or may not break
    Kind.VERSION_NEEDS_MAJOR,  # breaks by another kind
)


def both_sides(kind: Kind) -> tuple[Schema, Schema] | None:
    """Return the payload or message schema of a kind's fixture, as it was and is."""
    for previous in sorted((FIXTURES / kind.id / "previous").rglob("*.schema.json"), reverse=True):
        current = (
            FIXTURES / kind.id / "current" / previous.relative_to(FIXTURES / kind.id / "previous")
        )
        if current.exists() and previous.read_text() != current.read_text():
            return json.loads(previous.read_text()), json.loads(current.read_text())
    return None


SHOWN = {
    kind: sides for kind in Kind if kind not in CAUTIOUS and (sides := both_sides(kind)) is not None
}


# A field that an open object does not name: hardly anything generated would bear it.
ANY_FIELD: Schema = {"type": "object", "required": ["value"], "properties": {"value": {}}}
some = settings(max_examples=2000, phases=[Phase.generate], derandomize=True, database=None)


def witness(source: Schema, target: Schema) -> Any:
    """Return a value that `source` accepts and `target` does not. Raises NoSuchExample."""
    candidates = values(source) | from_schema(ANY_FIELD)
    return find(
        candidates, lambda value: valid(source, value) and not valid(target, value), settings=some
    )


@pytest.mark.parametrize(
    "kind",
    [kind for kind in SHOWN if kind.value.writers is Level.BREAKING],
    ids=lambda kind: kind.id,
)
def test_what_is_called_breaking_breaks_some_writer(kind: Kind) -> None:
    old, new = SHOWN[kind]
    witness(old, new)


@pytest.mark.parametrize(
    "kind",
    [kind for kind in SHOWN if kind.value.readers is Level.BREAKING],
    ids=lambda kind: kind.id,
)
def test_what_is_called_breaking_breaks_some_reader(kind: Kind) -> None:
    old, new = SHOWN[kind]
    relied_on = old if "messages/" in old["$id"] else opened(old)
    witness(new, relied_on)


OPTIONAL_OR_NULL = {"anyOf": [{"type": "string"}, {"type": "null"}]}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": ["null", "string"]}, OPTIONAL_OR_NULL),
        ({"const": "a"}, {"type": "string", "enum": ["a"]}),
        ({"enum": [1, 2]}, {"enum": [2.0, 1.0]}),
        ({"type": "string", "minLength": 0}, {"type": "string"}),
        ({"type": "array", "uniqueItems": False}, {"type": "array", "items": {}}),
        ({"type": "object", "additionalProperties": True}, {"type": "object"}),
        ({"allOf": [{"type": "string"}, {"maxLength": 3}]}, {"type": "string", "maxLength": 3}),
        ({"type": "null", "maxLength": 3}, {"type": "null"}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}], "type": "null"}, {"type": "null"}),
        ({"type": "string"}, {"$ref": "#/$defs/text", "$defs": {"text": {"type": "string"}}}),
    ],
)
def test_the_same_in_other_words_is_no_change(old: Schema, new: Schema) -> None:
    assert changes(old, new) == changes(new, old) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({}, {"not": {"type": "null"}}),
        ({"x-unit": "ms"}, {"x-unit": "s"}),
        ({"oneOf": [{"type": "null"}]}, {"oneOf": [{"type": "null"}, {"type": "string"}]}),
        ({"additionalProperties": {"type": "null"}}, {"additionalProperties": {"type": "string"}}),
        ({"const": [1]}, {"const": [2]}),
        # the keyword stays, and what it means does not
        (
            {"patternProperties": {"^a": {}}},
            {"patternProperties": {"^a": {}}, "properties": {}} | {"additionalProperties": False},
        ),
        (
            {"not": {"$ref": "#/$defs/it"}, "$defs": {"it": {"type": "null"}}},
            {"not": {"$ref": "#/$defs/it"}, "$defs": {"it": {"type": "string"}}},
        ),
        ({"items": {"multipleOf": 2}}, {"items": {"multipleOf": 4}}),
    ],
)
def test_a_keyword_that_is_not_understood_breaks_both(old: Schema, new: Schema) -> None:
    found = changes(old, new)
    assert Kind.UNKNOWN_KEYWORD_CHANGED in {change.kind for change in found}
    assert breaks_readers(found)
    assert breaks_writers(found)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"$ref": "#/$defs/nowhere"}, "test: $ref #/$defs/nowhere leads nowhere"),
        ({"$ref": "other.schema.json"}, "test: $ref other.schema.json leads nowhere"),
        ({"items": {"$ref": "#"}}, "test: $ref # is recursive"),
    ],
)
def test_a_reference_that_cannot_be_followed(schema: Schema, said: str) -> None:
    with pytest.raises(InvalidRegistry, match=re.escape(said)):
        rules(schema)
