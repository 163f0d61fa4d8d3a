"""Reads emitted lines and judges each by the contracts."""

from collections.abc import Iterable, Iterator
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from registry.export.documents import Documents
from registry.export.json_schema import json_schema_bundle
from registry.strict_json import strict_json


class InvalidLine(ValueError):
    """A line that cannot be exported; the message names file, line, place and rule."""


def read_lines(file: str, lines: Iterable[bytes], documents: Documents) -> Iterator[dict[str, Any]]:
    """Yield the envelope of every line of `file` but empty ones.

    Raises InvalidLine for one that is not JSON or breaks the contracts, or has no event_id.
    """
    judge = Draft202012Validator(
        json_schema_bundle(documents), format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    for number, line in enumerate(lines, start=1):
        if line.strip():
            envelope = _parsed(line, f"{file}:{number}")
            _check(envelope, judge, f"{file}:{number}")
            yield envelope


def _parsed(line: bytes, place: str) -> Any:
    try:
        return strict_json(line)
    except (ValueError, RecursionError) as error:
        raise InvalidLine(f"{place}: is not JSON ({error})") from error


def _check(envelope: Any, judge: Draft202012Validator, place: str) -> None:
    # Neither the offending value nor the message that quotes it is told: it may be private.
    error = best_match(judge.iter_errors(envelope))
    if error is not None:
        raise InvalidLine(f"{place}: {error.json_path} breaks {error.validator}")
    if "event_id" not in envelope:
        raise InvalidLine(f"{place}: $.event_id is missing, and a CloudEvent needs an id")
