"""Holds every line that a subject has written against what it should have written."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

from benchmarks.emit import event
from benchmarks.emit.catalogue import Lines

BASE = "https://schemas.narralytica.example/"
ENVELOPE = BASE + "observability/event_envelope.schema.json"

#: What every line must hold, wherever the subject puts it.
DATA = frozenset(
    str(value).lower()
    for value in (
        event.EVENT_NAME,
        "info",
        *event.CORRELATION.values(),
        *event.ACTOR.values(),
        *event.payload(event.LATENCY_MS).values(),
    )
)


class WrongLines(Exception):
    """A subject wrote something else than what it was asked for."""


def verify(path: Path, lines: Lines, emitted: int) -> None:
    """Check that a file holds `emitted` whole lines with all that an event says.

    Raises WrongLines.
    """
    found = path.read_bytes().split(b"\n")
    if found.pop() != b"":
        raise WrongLines("the last line is torn")
    if len(found) != emitted:
        raise WrongLines(f"{emitted} events were emitted, {len(found)} lines written")
    if lines == "copies":
        found = found[:1]
    ids: set[str] = set()
    for line in found:
        said = orjson.loads(line)
        if lines == "envelopes" and not _envelope().is_valid(said):
            raise WrongLines("a line is no valid envelope")
        leaves = list(_leaves("", said))
        missing = DATA.difference(str(value).lower() for _, value in leaves)
        missing |= {"schema_version"}.difference(key for key, _ in leaves)
        if missing:
            raise WrongLines(f"a line lacks {', '.join(sorted(missing))}")
        ids.update(value for key, value in leaves if key == "event_id")
    if len(ids) != len(found):
        raise WrongLines(f"{len(found)} lines have {len(ids)} event ids")


def _leaves(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield each scalar under a key that names it, and nothing twice."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(name, inner)
    elif not isinstance(value, list):
        yield key, value


@cache
def _envelope() -> jsonschema_rs.Draft202012Validator:
    schemas = dict(_schemas(files("contracts") / "schemas", ""))
    registry = jsonschema_rs.Registry([(BASE + path, schema) for path, schema in schemas.items()])
    return jsonschema_rs.Draft202012Validator(
        {"$ref": ENVELOPE}, registry=registry, validate_formats=True
    )


def _schemas(folder: Traversable, prefix: str) -> Iterator[tuple[str, Any]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _schemas(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".schema.json"):
            yield prefix + entry.name, json.loads(entry.read_text(encoding="utf-8"))
