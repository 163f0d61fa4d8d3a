"""Turns JSON Schema 2020-12 documents into AsyncAPI 3.0 Schema Objects, which follow draft 07.

Three things differ in the vocabulary that the contracts use: shared parts stand in `definitions`,
a `$ref` hides its neighbours, and references lead to the document's components.
"""

from collections.abc import Mapping
from posixpath import dirname, join, normpath
from typing import Any

KEPT_AS_DATA = ("const", "default", "enum", "examples")
DROPPED = ("$schema", "$id", "$comment", "$ref")
MAPS_OF_SCHEMAS = ("$defs", "properties")


def component_name(path: str) -> str:
    """Return the name of a document's component: observability/actor.schema.json is actor."""
    return path.rsplit("/", 1)[1].removesuffix(".schema.json").replace(".", "_")


def component(path: str) -> dict[str, Any]:
    """Return the reference to a document's component."""
    return {"$ref": f"#/components/schemas/{component_name(path)}"}


def schema_objects(documents: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the component of every document, by its name."""
    return {component_name(path): _converted(schema, path) for path, schema in documents.items()}


def _converted(node: Any, path: str) -> Any:
    if isinstance(node, list):
        return [_converted(item, path) for item in node]
    if not isinstance(node, Mapping):
        return node
    rules = {_keyword(key): _value(key, node[key], path) for key in node if key not in DROPPED}
    if "$ref" not in node:
        return rules
    reference = {"$ref": _target(node["$ref"], path)}
    return {**rules, "allOf": [reference, *rules.get("allOf", [])]} if rules else reference


def _value(key: str, value: Any, path: str) -> Any:
    if key in KEPT_AS_DATA:
        return value
    if key in MAPS_OF_SCHEMAS:
        return {name: _converted(schema, path) for name, schema in value.items()}
    return _converted(value, path)


def _keyword(key: str) -> str:
    return "definitions" if key == "$defs" else key


def _target(reference: str, path: str) -> str:
    """Return where a reference, made relative to the document at `path`, leads to here."""
    file, _, pointer = reference.partition("#")
    document = normpath(join(dirname(path), file)) if file else path
    inside = pointer.replace("/$defs/", "/definitions/", 1)
    return f"#/components/schemas/{component_name(document)}{inside}"
