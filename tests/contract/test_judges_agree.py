"""jsonschema, jsonschema-rs and the readers agree on which lines are events.

Decided where they would differ:

- NaN and the infinities are no JSON numbers (RFC 8259, section 6): the façade withholds an event
  that bears one. A literal beyond the range of doubles, such as 1e400, is out of every bound.
- 1.0 is an integer, as JSON Schema has it (validation, section 6.1.1), and is written as given.
- Whole numbers end at 2^53 - 1, the last that all JSON readers keep exact (RFC 7493, section 2.2).
- Times know no leap second: a POSIX clock never shows one, and most readers refuse it.
- Strings are printable ASCII, so no lone surrogate passes that could not be written as UTF-8.
- Of a repeated key the last counts, as for every reader in use here; the façade writes none.
"""

import json
from functools import cache
from typing import Any, NoReturn

import orjson
import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from explorer.lines import EventLine, parse_line
from observability.contracts import schemas
from observability.validate import ENVELOPE, envelope_violations
from tests.contract.fixtures.breaking import REMOVED, put
from tests.contract.odd_lines import EVENT_NAMES, WHOLE, odd_lines


def refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


@cache
def reference(event_name: object) -> Validator:
    """Compile jsonschema for the lines of one event; of the 19 alternatives one is enough.

    That all of them decide as one does is what the fixtures prove.
    """
    whole = schemas()[ENVELOPE]
    shared = {key: rules for key, rules in whole.items() if key not in ("allOf", "$defs")}
    own = whole["$defs"].get(event_name, {}) if isinstance(event_name, str) else {}
    registry: Registry[Any] = Registry().with_resources(
        (schema["$id"], DRAFT202012.create_resource(schema)) for schema in schemas().values()
    )
    return Draft202012Validator(
        {**shared, "allOf": [own]},
        registry=registry,
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )


def accepted_by_jsonschema(text: bytes) -> bool:
    """Judge a line as a reader does who knows the standards and nothing of this project."""
    try:
        line = json.loads(text.decode(), parse_constant=refuse)
    except (ValueError, RecursionError):
        return False
    name = line.get("event_name") if isinstance(line, dict) else None
    return reference(name if isinstance(name, str) else None).is_valid(line)


def accepted_by_reader(text: bytes) -> bool:
    return isinstance(parse_line(text, file="test", number=1), EventLine)


def as_text(line: object) -> bytes:
    """Write a line with all that Python can write: NaN, Infinity, escaped lone surrogates."""
    return json.dumps(line).encode()


def judged(line: dict[str, Any]) -> bool:
    """Return the verdict on which all agree; what the façade accepts can be written and read."""
    text = as_text(line)
    verdict = not envelope_violations(line)
    assert accepted_by_jsonschema(text) is verdict
    assert accepted_by_reader(text) is verdict
    if verdict:
        assert accepted_by_reader(orjson.dumps(line))
    return verdict


@settings(max_examples=10_000)
@given(odd_lines())
def test_the_judges_agree_on_generated_lines(line: dict[str, Any]) -> None:
    judged(line)


def with_value(event: str, place: str, value: object) -> dict[str, Any]:
    return put(json.loads(json.dumps(WHOLE[f"narralytica.{event}"])), place, value)


SEARCH, LAYER = "search.executed", "layer.failed"
COUNT, LATENCY = "/payload/results_count", "/payload/latency_ms"
MESSAGE, TIME = "/payload/error_message", "/occurred_at"


@pytest.mark.parametrize(
    ("event", "place", "value", "verdict"),
    [
        pytest.param(SEARCH, COUNT, 1.0, True, id="integer given as 1.0"),
        pytest.param(SEARCH, COUNT, -0.0, True, id="integer given as -0.0"),
        pytest.param(SEARCH, COUNT, 1.5, False, id="integer given as 1.5"),
        pytest.param(SEARCH, COUNT, True, False, id="integer given as true"),
        pytest.param(SEARCH, COUNT, 2**53 - 1, True, id="last exact integer"),
        pytest.param(SEARCH, COUNT, 2**53, False, id="first inexact integer"),
        pytest.param(SEARCH, COUNT, 2**64, False, id="integer beyond 64 bits"),
        pytest.param(SEARCH, COUNT, 10**400, False, id="integer beyond doubles"),
        pytest.param(SEARCH, COUNT, 1e22, False, id="whole double beyond 64 bits"),
        pytest.param(SEARCH, LATENCY, 5e-324, True, id="smallest double"),
        pytest.param(SEARCH, LATENCY, float("nan"), False, id="NaN"),
        pytest.param(SEARCH, LATENCY, float("inf"), False, id="infinity"),
        pytest.param(SEARCH, LATENCY, float("-inf"), False, id="minus infinity"),
        pytest.param(SEARCH, TIME, "2016-12-31T23:59:60.000000Z", False, id="leap second"),
        pytest.param(SEARCH, TIME, "2026-11-23T12:00:60.000000Z", False, id="sixtieth second"),
        pytest.param(SEARCH, TIME, "2026-11-23T24:00:00.000000Z", False, id="hour 24"),
        pytest.param(SEARCH, TIME, "0000-01-01T00:00:00.000000Z", False, id="year 0"),
        pytest.param(SEARCH, TIME, "9999-12-31T23:59:59.999999Z", True, id="last microsecond"),
        pytest.param(SEARCH, TIME, "2026-02-29T12:00:00.000000Z", False, id="no such day"),
        pytest.param(SEARCH, TIME, "2026-11-23T12:00:00.000000", False, id="no zone"),
        pytest.param(SEARCH, TIME, "2026-11-23T12:00:00.000000+00:00", False, id="another zone"),
        pytest.param(SEARCH, TIME, "٢٠٢٦-11-23T12:00:00.000000Z", False, id="non-ASCII digits"),
        pytest.param(SEARCH, TIME, "2026-11-23T12:00:00.000000Z\n", False, id="trailing newline"),
        pytest.param(LAYER, "/payload/layer_version", "1.0.0\n", False, id="version and newline"),
        pytest.param(LAYER, "/payload/layer_version", "١.0.0", False, id="non-ASCII version"),
        pytest.param(LAYER, "/event_id", f"{{{'0' * 34}}}", False, id="UUID in braces"),
        pytest.param(LAYER, MESSAGE, "\ud800", False, id="lone surrogate"),
        pytest.param(LAYER, "/payload/\ud800", 1, False, id="key with a lone surrogate"),
        pytest.param(LAYER, MESSAGE, "é", False, id="message outside ASCII"),
        pytest.param(LAYER, MESSAGE, "a\nb", False, id="message of two lines"),
        pytest.param(LAYER, MESSAGE, "x" * 10_000_000, False, id="very long string"),
        pytest.param(LAYER, "/correlation/job_run_id", REMOVED, False, id="required id absent"),
    ],
)
def test_a_case_in_which_judges_could_differ(
    event: str, place: str, value: object, verdict: bool
) -> None:
    assert judged(with_value(event, place, value)) is verdict


LINE = as_text(WHOLE["narralytica.search.executed"])


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        pytest.param(LINE, True, id="as it is"),
        pytest.param(LINE + b"\n", True, id="newline at the end"),
        pytest.param(LINE + LINE, False, id="two objects"),
        pytest.param(b"\xef\xbb\xbf" + LINE, False, id="byte order mark"),
        pytest.param(LINE.decode().encode("utf-16"), False, id="UTF-16"),
        pytest.param(LINE.replace(b"hybrid", b"hybr\xffid"), False, id="not UTF-8"),
        pytest.param(LINE[:-1], False, id="torn"),
        pytest.param(b"", False, id="empty"),
        pytest.param(b"null", False, id="no object"),
        pytest.param(b"[" * 100_000, False, id="very deep"),
        pytest.param(LINE[:-1] + b',"severity":"error"}', False, id="repeated key, last one bad"),
        pytest.param(b'{"severity":"error",' + LINE[1:], True, id="repeated key, first one bad"),
    ],
)
def test_a_text_in_which_readers_could_differ(text: bytes, verdict: bool) -> None:
    assert accepted_by_jsonschema(text) is accepted_by_reader(text) is verdict


@pytest.mark.parametrize(
    ("literal", "verdict"),
    [
        *((literal, True) for literal in ("7", "7.0", "70e-1", "-0", "-0.0", "1e-400")),
        *((literal, False) for literal in ("1e400", "-1e400", "NaN", "Infinity", "-Infinity")),
        *((literal, False) for literal in ("07", "7.", "+7", "0x7", "7_0", "٧", "1" * 5000)),
    ],
)
def test_a_literal_in_which_readers_could_differ(literal: str, verdict: bool) -> None:
    text = LINE.replace(b'"latency_ms": 8.125', f'"latency_ms": {literal}'.encode())
    assert text != LINE
    assert accepted_by_jsonschema(text) is accepted_by_reader(text) is verdict


def test_every_event_is_among_the_generated() -> None:
    assert all(judged(WHOLE[name]) for name in EVENT_NAMES)
