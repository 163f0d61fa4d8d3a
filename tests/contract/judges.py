"""Two independent judges of an envelope: jsonschema, and jsonschema-rs as the façade uses it."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator
from referencing import Registry, Resource

from observability.contracts import schemas
from observability.validate import ENVELOPE, envelope_violations

FIXTURES = Path(__file__).parents[1] / "fixtures" / "contracts"

Broken = set[tuple[str, str]]


def fixture(name: str) -> dict[str, Any]:
    """Read a fixture file."""
    parsed: dict[str, Any] = json.loads((FIXTURES / name).read_text())
    return parsed


def broken_by_jsonschema(envelope: dict[str, Any]) -> Broken:
    """Return (JSON Pointer, keyword) of each rule broken, as the reference implementation says."""
    return {
        ("".join(f"/{step}" for step in error.absolute_path), str(error.validator))
        for error in _judge().iter_errors(envelope)
    }


def broken_by_facade(envelope: dict[str, Any]) -> Broken:
    """Return (JSON Pointer, keyword) of each rule broken, as the façade says."""
    return {(violation.path, violation.rule) for violation in envelope_violations(envelope)}


@cache
def _judge() -> Validator:
    registry: Registry[Any] = Registry().with_resources(_resources())
    return Draft202012Validator(
        schemas()[ENVELOPE],
        registry=registry,
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )


def _resources() -> Iterator[tuple[str, Resource[Any]]]:
    for schema in schemas().values():
        yield schema["$id"], Resource.from_contents(schema)
