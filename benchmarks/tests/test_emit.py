import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.emit import event
from benchmarks.emit.__main__ import main
from benchmarks.emit.catalogue import CATALOGUE, Lines
from benchmarks.emit.measure import Combination, Plan, measure
from benchmarks.emit.verify import WrongLines, verify

EVENTS = 8


def test_every_subject_writes_the_same_event_once_a_write(tmp_path: Path) -> None:
    plan = Plan(subjects=tuple(CATALOGUE), events=EVENTS, repeats=1, rounds=1)

    for subject, entry in CATALOGUE.items():
        destination = "null" if entry.lines == "none" else "file"
        at = Combination(subject=subject, destination=destination, threads=1)

        # It raises WrongLines for any line too few, too many, or without the event's data.
        outcome = measure(plan, at, tmp_path)

        assert outcome.emitted == 1 + 2 * EVENTS
        assert outcome.timed == EVENTS
        assert outcome.writes in (None, 0 if entry.lines == "none" else EVENTS), subject


def test_the_command_prints_ratios_and_targets_and_leaves_json(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "emit.json"
    only = ("--only=floor", "--only=obs-typed", "--only=structlog")
    small = ("--events=4", "--rounds=1", "--repeats=1", "--imports=1")

    ended = CliRunner().invoke(main, [f"--json={path}", *small, *only])

    assert ended.exit_code == 0, ended.output
    assert "times structlog" in ended.output
    assert "≤ 0.6 × structlog" in ended.output
    assert "import observability" in ended.output
    told = json.loads(path.read_text(encoding="utf-8"))
    assert {run["combination"]["subject"] for run in told["runs"]} == {
        "floor",
        "obs-typed",
        "structlog",
    }
    assert all(run["median_us"] >= run["minimum_us"] > 0 for run in told["runs"])
    assert told["allocations"]["obs-typed"]["bytes_an_event"] > 0


def test_an_odd_number_of_events_is_refused() -> None:
    ended = CliRunner().invoke(main, ["--events=6"])

    assert ended.exit_code == 2
    assert "multiple of 4" in ended.output


def _line(event_id: str = "1", **changes: object) -> bytes:
    said = {
        "schema_version": event.SCHEMA_VERSION,
        "event_id": event_id,
        "event_name": event.EVENT_NAME,
        "severity": "info",
        "correlation": event.CORRELATION,
        "actor": event.ACTOR,
        "payload": event.payload(event.LATENCY_MS),
    }
    return json.dumps({**said, **changes}).encode() + b"\n"


WHOLE = _line("1") + _line("2")


@pytest.mark.parametrize(
    ("content", "lines", "reason"),
    [
        (_line("1"), "same-data", "2 events were emitted, 1 lines"),
        (WHOLE + _line("3"), "same-data", "2 events were emitted, 3 lines"),
        (WHOLE[:-1], "same-data", "torn"),
        (_line("1") + _line("1"), "same-data", "2 lines have 1 event ids"),
        (_line("1") + _line("2", actor={}), "same-data", f"lacks .*{event.HOST}"),
        (WHOLE, "envelopes", "no valid envelope"),
    ],
)
def test_lines_that_say_less_than_the_events_are_found_out(
    tmp_path: Path, content: bytes, lines: Lines, reason: str
) -> None:
    path = tmp_path / "lines"
    path.write_bytes(WHOLE)
    verify(path, "same-data", 2)

    path.write_bytes(content)
    with pytest.raises(WrongLines, match=reason):
        verify(path, lines, 2)
