"""Every small schema in the vocabulary of the contracts, and values about the limits they set."""

from collections.abc import Iterator
from itertools import product
from typing import Any

Schema = dict[str, Any]

NAMES = ("a", "b", "c")
_SCALARS: tuple[Any, ...] = (None, True, False, -1, 0, 1, 2, 3, 4, 5, 1.5, 2.5)
_TEXTS = ("", "a", "b", "ab", "abc", "abca", "abcab", "B", "a_1", "a\n")
_FORMATTED = ("0192f0c1-7a3b-7c4d-8e5f-0123456789ab", "2026-11-23T15:04:05.678901Z")
_FEW: tuple[Any, ...] = (None, True, 1, 3, 2.5, "a", "abc")


def _small_values() -> Iterator[Any]:
    scalars = (*_SCALARS, *_TEXTS, *_FORMATTED)
    yield from scalars
    lists = [[], *([one] for one in scalars), *([one, other] for one in _FEW for other in _FEW)]
    lists += [["a"] * 3, ["a"] * 4, ["a"] * 5, [1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4, 5]]
    yield from lists
    parts = [*scalars, *lists[: len(scalars)], {}, {"a": 1}, {"b": "a"}]
    yield {}
    for name in (*NAMES, "unheard_of"):
        yield from ({name: part} for part in parts)
    for name, second in (("a", "b"), ("a", "c"), ("b", "c"), ("a", "unheard_of")):
        yield from ({name: one, second: other} for one in _FEW for other in _FEW)
    yield from ({"a": one, "b": other, "c": one} for one in _FEW for other in _FEW)
    yield from ([{"a": one}, {"a": other}] for one in _FEW for other in _FEW)


SMALL_VALUES: tuple[Any, ...] = tuple(_small_values())
"""Values on and about the limits that the generated schemas set."""


def _with(schema: Schema, **keywords: Any) -> Schema:
    return schema | {key: value for key, value in keywords.items() if value is not None}


def _small_schemas() -> Iterator[Schema]:
    yield from ({"type": name} for name in ("null", "boolean", "string", "array", "object"))
    yield {}
    for name, low, high in product(("integer", "number"), (None, 1, 2), (None, 3, 4)):
        yield _with({"type": name}, minimum=low, maximum=high)
    for low, high in product((None, 1, 2), (3, 4)):
        yield _with({"type": "string"}, minLength=low, maxLength=high)
    patterns = ("^[a-c]+$", "^a", "^[a-z][a-z0-9_]*(?!\\n)$")
    yield from ({"type": "string", "pattern": pattern} for pattern in patterns)
    yield {"type": "string", "allOf": [{"pattern": pattern} for pattern in patterns]}
    yield from ({"type": "string", "format": name} for name in ("uuid", "date-time"))
    for values in (["a"], ["a", "b"], ["b", None], [1, "a"], [1, 2.5], [True]):
        yield {"enum": values}
    yield from ({"const": value} for value in ("a", "b", 1, None))
    yield from ({"type": "string", "enum": values} for values in (["a"], ["a", "b"]))
    yield from _unions()
    yield from _arrays()
    yield from _objects()


def _unions() -> Iterator[Schema]:
    text, null, whole = {"type": "string"}, {"type": "null"}, {"type": "integer"}
    yield {"type": ["string", "null"]}
    for parts in (
        [text, null],
        [whole, null],
        [{**whole, "minimum": 2}, text],
        [text, whole, null],
    ):
        yield {"anyOf": parts}
    yield {"anyOf": [{**text, "maxLength": 3}, {**text, "pattern": "^a"}]}
    yield {"anyOf": [text, null], "type": "string"}
    for shared in (whole, {**whole, "minimum": 1}, text):
        yield {"$ref": "#/$defs/shared", "$defs": {"shared": shared}}
        yield {"$ref": "#/$defs/shared", "minimum": 2, "$defs": {"shared": shared}}


def _arrays() -> Iterator[Schema]:
    for items in ({"type": "integer"}, {"type": "number"}, {"type": "string"}):
        yield {"type": "array", "items": items}
    for low, high, unique in product((None, 1, 2), (None, 3), (None, True)):
        yield _with({"type": "array"}, minItems=low, maxItems=high, uniqueItems=unique)
    shapes: tuple[Schema, ...] = ({"a": {}}, {"a": {}, "b": {}})
    for fields in shapes:
        item = {"type": "object", "properties": fields, "additionalProperties": False}
        yield {"type": "array", "items": item, "uniqueItems": True}


def _objects() -> Iterator[Schema]:
    whole, number, text = {"type": "integer"}, {"type": "number"}, {"type": "string"}
    shapes: tuple[Schema, ...] = (
        {},
        {"a": whole},
        {"a": number},
        {"b": whole},
        {"a": whole, "b": text},
    )
    for fields, closed in product(shapes, (None, False)):
        yield _with({"type": "object", "properties": fields}, additionalProperties=closed)
        for name in fields:
            yield _with(
                {"type": "object", "properties": fields, "required": [name]},
                additionalProperties=closed,
            )
    closed_a = {"type": "object", "properties": {"a": whole}, "additionalProperties": False}
    for sibling in ({"a": {"minimum": 2}}, {"a": {"type": "number"}}, {"b": whole}):
        yield {"$ref": "#/$defs/it", "properties": sibling, "$defs": {"it": closed_a}}
    yield {"anyOf": [closed_a, {**closed_a, "properties": {"b": text}}]}
    yield {"anyOf": [closed_a, {"type": "null"}]}


SMALL_SCHEMAS: tuple[Schema, ...] = tuple(_small_schemas())
