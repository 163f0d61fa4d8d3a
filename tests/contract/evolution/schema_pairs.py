"""Generates schemas in the vocabulary of the contracts, and others that they could become."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

Schema = dict[str, Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]

NAMES = ("a", "b", "c")
PATTERNS = ("^[a-c]+$", "^a", "^[a-z][a-z0-9_]*(?!\\n)$")
LOW = st.integers(0, 2)
HIGH = st.integers(2, 4)

KEYWORDS: dict[str, st.SearchStrategy[Any]] = {
    "type": st.sampled_from(
        ["integer", "number", "string", "boolean", "null", ["string", "null"], "object", "array"]
    ),
    "minimum": LOW,
    "maximum": HIGH,
    "minLength": LOW,
    "maxLength": HIGH,
    "minItems": LOW,
    "maxItems": HIGH,
    "uniqueItems": st.booleans(),
    "pattern": st.sampled_from(PATTERNS),
    "format": st.sampled_from(["uuid", "date-time"]),
    "const": st.sampled_from([None, True, 1, 2.5, "a"]),
    "enum": st.lists(st.sampled_from([None, False, 1, 2, "a", "b"]), min_size=1, unique_by=repr),
    "description": st.sampled_from(["one", "other"]),
    "x-sensitivity": st.just("public"),
}


def _some(draw: Draw, *keywords: str) -> Schema:
    chosen = draw(st.lists(st.sampled_from(keywords), max_size=2, unique=True))
    return {keyword: draw(KEYWORDS[keyword]) for keyword in chosen}


@st.composite
def leaves(draw: Draw) -> Schema:
    leaf: Schema = draw(
        st.one_of(
            st.builds(lambda: {"type": "integer", **_some(draw, "minimum", "maximum")}),
            st.builds(lambda: {"type": "number", **_some(draw, "minimum", "maximum")}),
            st.builds(lambda: {"type": "string", **_some(draw, "minLength", "maxLength")}),
            st.builds(lambda: {"type": "string", **_some(draw, "pattern", "format")}),
            st.builds(lambda: {"enum": draw(KEYWORDS["enum"])}),
            st.builds(lambda: {"type": "string", "const": draw(st.sampled_from("ab"))}),
            st.sampled_from([{"type": "boolean"}, {"type": "null"}, {}]),
            st.just({"$ref": "#/$defs/shared"}),
            st.builds(lambda: {"$ref": "#/$defs/shared", **_some(draw, "minimum", "maxLength")}),
        )
    )
    return leaf


@st.composite
def objects(draw: Draw, parts: st.SearchStrategy[Schema]) -> Schema:
    properties = draw(st.dictionaries(st.sampled_from(NAMES), parts, max_size=3))
    schema: Schema = {"type": "object", "properties": properties}
    if properties:
        schema["required"] = draw(st.lists(st.sampled_from(sorted(properties)), unique=True))
    if draw(st.sampled_from([True, True, False])):
        schema["additionalProperties"] = False
    return schema


@st.composite
def arrays(draw: Draw, parts: st.SearchStrategy[Schema]) -> Schema:
    return {"type": "array", "items": draw(parts), **_some(draw, "minItems", "uniqueItems")}


def choices(parts: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    return st.builds(lambda branches: {"anyOf": branches}, st.lists(parts, min_size=1, max_size=3))


def parts() -> st.SearchStrategy[Schema]:
    return st.recursive(
        leaves(), lambda inner: objects(inner) | arrays(inner) | choices(inner), max_leaves=4
    )


@st.composite
def schemas(draw: Draw) -> Schema:
    """Draw a schema, often an object's, with one definition that its parts may share."""
    shared = draw(leaves().filter(lambda leaf: "$ref" not in leaf))
    return {**draw(objects(parts()) | parts()), "$defs": {"shared": shared}}


@st.composite
def pairs(draw: Draw) -> tuple[Schema, Schema]:
    """Draw a schema, and what it became by an edit or two."""
    old = draw(schemas())
    new = deepcopy(old)
    for _ in range(draw(st.sampled_from([1, 1, 1, 2]))):
        _edit(draw, draw(st.just(new) | st.sampled_from(list(_nodes(new)))))
    return old, new


def _nodes(schema: Schema) -> Iterator[Schema]:
    """Yield every schema inside one; the definitions too, the $defs themselves not."""
    yield schema
    for inner in schema.get("properties", {}).values():
        yield from _nodes(inner)
    for inner in schema.get("$defs", {}).values():
        yield from _nodes(inner)
    for inner in schema.get("anyOf", ()):
        yield from _nodes(inner)
    if "items" in schema:
        yield from _nodes(schema["items"])


def _edit(draw: Draw, node: Schema) -> None:
    edits = [_set_keyword, _drop_keyword]
    if node.keys() & KEYWORDS.keys() - {"type"}:
        edits += [_set_again, _set_again]
    if "properties" in node:
        edits += [_add_field, _remove_field, _toggle_required, _toggle_closed]
    if "anyOf" in node:
        edits += [_add_branch, _remove_branch]
    draw(st.sampled_from(edits))(draw, node)


def _set_keyword(draw: Draw, node: Schema) -> None:
    keyword = draw(st.sampled_from(sorted(KEYWORDS)))
    node[keyword] = draw(KEYWORDS[keyword])


def _drop_keyword(draw: Draw, node: Schema) -> None:
    kept = {"$defs", "properties", "required", "items", "anyOf"}
    dropped = sorted(node.keys() - kept)
    if dropped:
        del node[draw(st.sampled_from(dropped))]


def _set_again(draw: Draw, node: Schema) -> None:
    keyword = draw(st.sampled_from(sorted(node.keys() & KEYWORDS.keys() - {"type"})))
    node[keyword] = draw(KEYWORDS[keyword])


def _add_field(draw: Draw, node: Schema) -> None:
    name = draw(st.sampled_from(NAMES))
    node["properties"][name] = draw(leaves().filter(lambda leaf: "$ref" not in leaf))


def _remove_field(draw: Draw, node: Schema) -> None:
    if node["properties"]:
        name = draw(st.sampled_from(sorted(node["properties"])))
        del node["properties"][name]
        node["required"] = [other for other in node.get("required", ()) if other != name]


def _toggle_required(draw: Draw, node: Schema) -> None:
    name = draw(st.sampled_from(sorted(node["properties"]) or list(NAMES)))
    before = node.get("required", [])
    node["required"] = [other for other in before if other != name] + [name] * (name not in before)


def _toggle_closed(draw: Draw, node: Schema) -> None:
    if node.pop("additionalProperties", True):
        node["additionalProperties"] = False


def _add_branch(draw: Draw, node: Schema) -> None:
    node["anyOf"].append(draw(leaves().filter(lambda leaf: "$ref" not in leaf)))


def _remove_branch(draw: Draw, node: Schema) -> None:
    if len(node["anyOf"]) > 1:
        node["anyOf"].pop(draw(st.integers(0, len(node["anyOf"]) - 1)))
