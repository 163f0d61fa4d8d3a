"""The columns of the index, as the contracts say them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from observability.contracts import schemas

PAYLOADS = "observability/payloads/"
SQL_TYPES = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
}
CORRELATION = tuple(schemas()["observability/correlation.schema.json"]["properties"])
ACTOR = tuple(schemas()["observability/actor.schema.json"]["properties"])
#: Names that SQL keeps for itself.
RENAMED = {"index": "index_name"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadColumn:
    """A field of payloads that has a column of its own."""

    field: str
    name: str
    sql_type: str


@cache
def payload_columns() -> tuple[PayloadColumn, ...]:
    """Return a column for every field of any payload that holds a single value.

    Lists and objects are left to the column `payload`.
    """
    types: dict[str, str] = {}
    for field, json_type in _fields():
        if json_type in SQL_TYPES:
            types[field] = _wider(types.get(field, SQL_TYPES[json_type]), SQL_TYPES[json_type])
    return tuple(
        PayloadColumn(field=field, name=RENAMED.get(field, field), sql_type=sql_type)
        for field, sql_type in types.items()
    )


def _fields() -> Iterator[tuple[str, str]]:
    for path, schema in schemas().items():
        if path.startswith(PAYLOADS):
            for field, rules in schema["properties"].items():
                yield field, _json_type(rules, schema)


def _json_type(rules: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """Return the JSON type that a field's rules ask for, following references."""
    reference = rules.get("$ref")
    if reference is None:
        return str(rules.get("type") or type(rules["const"]).__name__)
    file, _, place = reference.partition("#/$defs/")
    within = schemas()[f"observability/{file.removeprefix('../')}"] if file else schema
    return _json_type(within["$defs"][place], within)


def _wider(one: str, other: str) -> str:
    if one == other:
        return one
    return "DOUBLE" if {one, other} == {"BIGINT", "DOUBLE"} else "VARCHAR"
