"""JSON values in one canonical spelling, so that equal values are equal text."""

import json
from typing import Any


def canonical(value: Any) -> str:
    """Return the value as JSON text, with sorted keys and 1.0 as 1, which JSON Schema equates."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False)


def has_type(text: str, json_type: str) -> bool:
    """Tell whether a canonical scalar is of a JSON Schema type."""
    found = type_of(text)
    return found == json_type or (found, json_type) == ("integer", "number")


def type_of(text: str) -> str:
    """Return the narrowest JSON Schema type of a canonical scalar."""
    value = json.loads(text)
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int):
        return "integer"
    return "null" if value is None else "number"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
