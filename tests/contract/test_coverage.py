"""Coverage tells what emitted lines show of the contracts, and what they should not."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from registry.coverage import coverage
from registry.sample import sample_lines
from registry.sources import load
from tests.contract.judges import fixture

ROOT = Path(__file__).parents[2]
SEARCH = fixture("event_envelope.search_executed.json")
SEARCHED = "narralytica.search.executed"


def told(*options: str, lines: str) -> Result:
    return CliRunner().invoke(coverage, ["--root", str(ROOT), "-", *options], input=lines)


def report(*lines: dict[str, Any], options: tuple[str, ...] = ()) -> dict[str, Any]:
    result = told("--json", *options, lines="".join(json.dumps(line) + "\n" for line in lines))
    assert result.exit_code == 0, result.output
    parsed: dict[str, Any] = json.loads(result.output)
    return parsed


def with_payload(**fields: object) -> dict[str, Any]:
    return {**SEARCH, "payload": {"results_count": 1, "latency_ms": 1, **fields}}


def test_no_line_shows_nothing() -> None:
    found = report()
    assert found["percent"] == 0
    assert SEARCHED in found["never_seen"]
    events = len(load(ROOT).events)
    assert found["counts"]["events"] == {"seen": 0, "of": events}


def test_an_event_shows_its_fields_and_choices() -> None:
    never = report(with_payload(mode="vector", index="passages"))["never_seen"]
    assert SEARCHED not in never
    assert f"{SEARCHED}: mode = hybrid, lexical" in never
    assert f"{SEARCHED}: index" not in never
    assert f"{SEARCHED}: filters" in never


def test_what_all_lines_show_together_counts() -> None:
    modes = [with_payload(mode=mode) for mode in ("lexical", "vector", "hybrid")]
    assert not any("mode" in name for name in report(*modes)["never_seen"] if SEARCHED in name)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ({**SEARCH, "event_name": "narralytica.search.imagined"}, "narralytica.search.imagined"),
        ({**SEARCH, "event_name": 7}, "event_name 7"),
        ({**SEARCH, "user": "x"}, 'field "user"'),
        ({**SEARCH, "correlation": {"user_id": None}}, 'field "correlation.user_id"'),
        ({**SEARCH, "actor": {"service_name": "api", "pid": 1}}, 'field "actor.pid"'),
        (with_payload(mode="vector", query="private"), 'field "payload.query"'),
        ({**SEARCH, "actor": {"service_name": "worker-enrich"}}, 'emitter "worker-enrich"'),
        ({"event_name": SEARCHED}, 'emitter "unknown"'),
    ],
)
def test_what_is_not_registered_is_named(line: dict[str, Any], name: str) -> None:
    found = report(SEARCH, line, line)["not_registered"]
    assert [(name in stranger["name"], stranger["first"]) for stranger in found] == [(True, "-:2")]
    assert found[0]["lines"] == 2
    assert "private" not in json.dumps(found)


def test_a_field_inside_a_list_is_a_field() -> None:
    payload = {"violations": [{"path": "", "rule": "type", "value": "private"}]}
    line = {**SEARCH, "event_name": "narralytica.contract.violated", "payload": payload}
    (stranger,) = report(line)["not_registered"]
    assert 'field "payload.violations[].value"' in stranger["name"]


def test_a_service_is_asked_for_what_it_may_emit() -> None:
    found = report(with_payload(mode="vector"), options=("--by-service",))["services"]
    assert found["api"]["percent"] > 0
    assert found["worker-enrich"]["percent"] == 0
    assert "narralytica.layer.started" in found["worker-enrich"]["never_seen"]
    assert "narralytica.layer.started" not in found["api"]["never_seen"]


def test_fail_under() -> None:
    registry = load(ROOT)
    stream = [json.dumps(line) for line in sample_lines(registry, jobs=20, seed=1)]
    assert told("--fail-under", "60", lines="\n".join(stream)).exit_code == 0
    few = told("--fail-under", "60", lines=stream[0])
    assert few.exit_code == 1
    assert "of 60 %" in few.stderr
    stranger = json.dumps({**SEARCH, "user": "x"})
    assert told("--fail-under", "60", lines="\n".join([*stream, stranger])).exit_code == 1


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("{}\n{", "-:2: is not JSON (RFC 8259)"),
        ('{"a": NaN}', "-:1: is not JSON (RFC 8259)"),
        ("[" * 100_000, "-:1: is not JSON (RFC 8259)"),
        ("[]", "-:1: is not a JSON object (type)"),
    ],
)
def test_an_unreadable_line_is_refused_in_one_sentence(lines: str, message: str) -> None:
    result = told(lines=lines)
    assert result.exit_code == 1
    assert result.stderr == f"Error: {message}\n"


def test_a_file_that_is_not_there() -> None:
    result = CliRunner().invoke(coverage, ["--root", str(ROOT), "no.jsonl"])
    assert result.exit_code == 1
    assert result.stderr == "Error: no.jsonl: cannot be read (No such file or directory)\n"
