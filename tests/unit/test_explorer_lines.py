"""Whatever stands on a line is read as an event or told as invalid, and never breaks the reader."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.lines import EventLine, InvalidLine, parse_line, read_files, without_repeats
from tests.contract.judges import FIXTURES, fixture

SEARCH = fixture("event_envelope.search_executed.json")


def line(**changes: object) -> bytes:
    return json.dumps(SEARCH | changes).encode() + b"\n"


def parsed(content: bytes) -> EventLine | InvalidLine:
    return parse_line(content, file="api.jsonl", number=7)


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("event_envelope.*.json")), ids=str)
def test_a_conformant_line_is_an_event(path: Path) -> None:
    event = parsed(json.dumps(json.loads(path.read_text())).encode())
    assert isinstance(event, EventLine)
    assert event.occurred_at.tzinfo is not None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"Traceback (most recent call last):\n", "is not JSON"),
        (b"\n", "is not JSON"),
        (b"[]\n", "is not a JSON object"),
        (b"\xff\xfe\n", "is not JSON"),
        (line()[:-40], "is not JSON"),
        (line(event_name="narralytica.search.imagined"), "/event_name breaks enum"),
        (line(payload={}), "/payload breaks required"),
    ],
)
def test_anything_else_is_told_with_its_place(content: bytes, reason: str) -> None:
    told = parsed(content)
    assert isinstance(told, InvalidLine)
    assert (told.file, told.number) == ("api.jsonl", 7)
    assert reason in told.reason


@given(
    st.binary()
    | st.text().map(str.encode)
    | st.recursive(st.none() | st.integers(), st.lists).map(
        lambda value: json.dumps(value).encode()
    )
)
def test_no_line_breaks_the_reader(content: bytes) -> None:
    assert isinstance(parsed(content), EventLine | InvalidLine)


def test_deeply_nested_json_does_not_break_the_reader() -> None:
    assert isinstance(parsed(b"[" * 100_000 + b"]" * 100_000), InvalidLine)


def test_files_are_read_in_order_with_line_numbers(tmp_path: Path) -> None:
    path = tmp_path / "api.jsonl"
    path.write_bytes(line() + b"noise\n" + line())
    first, noise, last = read_files([path])
    assert isinstance(first, EventLine)
    assert noise == InvalidLine(file="api.jsonl", number=2, reason="is not JSON", foreign=True)
    assert isinstance(last, EventLine)


def test_repeats_are_dropped_by_event_id_and_the_rest_is_ordered() -> None:
    later = line(
        event_id="01939f6e-2c1b-7d52-9b6e-00000000000b", occurred_at="2026-11-23T16:00:00.000000Z"
    )
    earlier = line(
        event_id="01939f6e-2c1b-7d52-9b6e-00000000000a", occurred_at="2026-11-23T15:00:00.000000Z"
    )
    read = [parsed(content) for content in (later, earlier, later)]
    events = without_repeats(event for event in read if isinstance(event, EventLine))
    assert [event.event_id and event.event_id[-1] for event in events] == ["a", "b"]


def test_events_without_an_id_are_all_kept() -> None:
    anonymous = {key: value for key, value in SEARCH.items() if key != "event_id"}
    read = [parsed(json.dumps(anonymous).encode()) for _ in range(2)]
    assert len(without_repeats(event for event in read if isinstance(event, EventLine))) == 2
