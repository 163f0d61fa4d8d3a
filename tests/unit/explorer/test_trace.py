"""`narralytica trace`: what a person sees, and what other programs get."""

import json
from datetime import timedelta
from importlib.resources import as_file
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pytest_snapshot.plugin import Snapshot
from rich.cells import cell_len
from rich.console import Console

from explorer.trace import trace
from explorer.trace.build import build
from explorer.trace.command import INDEXED_BYTES
from explorer.trace.waterfall import waterfall
from tests.unit.explorer.recorded import DEMO, STREAMS, encoded
from tests.unit.explorer.telling import NOON, job, run
from tests.unit.explorer.test_trace_situations import SITUATIONS

CREATED = DEMO["api"][0]["correlation"]
WIDTHS = (40, 80, 140)
HOSTILE = "\x1b[31mred\x1b[0m [bold]bold[/bold] \u202egnp.exe\u2066 \r\n\x07 <script>"


def drawn(name: str, width: int) -> str:
    file = StringIO()
    console = Console(file=file, width=width, highlight=False, markup=False)
    events, _ = SITUATIONS[name]
    for row in waterfall(build(events), now=NOON + timedelta(minutes=5), width=width):
        console.print(row, soft_wrap=True)
    return file.getvalue()


def traced(*arguments: str) -> Result:
    with as_file(STREAMS / "demo") as folder:
        paths = [str(path) for path in sorted(folder.glob("*.jsonl"))]
        return CliRunner().invoke(trace, [arguments[0], *paths, *arguments[1:]])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "name", ["retry then success", "worker lost", "layer degraded", "clock skew", "never ended"]
)
def test_the_terminal_shows(name: str, width: int, snapshot: Snapshot) -> None:
    snapshot.snapshot_dir = Path(__file__).parent / "snapshots"
    snapshot.assert_match(drawn(name, width), f"{name.replace(' ', '-')}-{width}.txt")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", SITUATIONS)
def test_no_row_is_wider_than_the_terminal(name: str, width: int) -> None:
    assert max(cell_len(row) for row in drawn(name, width).splitlines()) <= width


def test_whatever_a_line_contains_is_shown_harmlessly() -> None:
    message = HOSTILE + "x" * 1_000_000
    failed = run(2, "failed", 1, "ingest", error_type="E", error_message=message, latency_ms=1.0)
    rows = waterfall(
        build([job(0, "created"), run(1, "started", 1, "ingest"), failed]), now=NOON, width=80
    )
    text = "\n".join(row.plain for row in rows)
    assert not {"\x1b", "\u202e", "\u2066", "\r", "\x07"} & set(text)
    assert "[bold]bold[/bold]" in text
    assert "\\x1b[31mred" in text
    assert len(text) < 3000


@pytest.mark.parametrize("kind", ["request_id", "job_id"])
def test_any_id_leads_to_the_whole_story(kind: str) -> None:
    told = json.loads(traced(CREATED[kind], "--json").stdout)
    [request] = told["spans"]
    assert request["identifier"] == CREATED["request_id"]
    [told_job] = request["children"]
    assert [each["name"] for each in told_job["children"]] == [
        "ingest",
        "transcribe",
        "diarize",
        "enrich",
        "indexer",
    ]


def test_a_trace_leads_to_all_its_requests() -> None:
    told = json.loads(traced(CREATED["trace_id"], "--json").stdout)["spans"]
    requests = {
        line["correlation"]["request_id"]
        for line in DEMO["api"]
        if line["correlation"]["trace_id"] == CREATED["trace_id"]
        and not line["event_name"].endswith("status_viewed")
    }
    assert {request["identifier"] for request in told} == requests


def test_a_run_and_an_event_lead_to_the_same_story() -> None:
    whole = json.loads(traced(CREATED["job_id"], "--json").stdout)["spans"]
    events = [line for line in DEMO["worker-enrich"] if line["correlation"]["job_run_id"]]
    own = next(e for e in events if e["correlation"]["job_id"] == CREATED["job_id"])
    for identifier in (own["correlation"]["job_run_id"], own["event_id"]):
        assert json.loads(traced(identifier, "--json").stdout)["spans"] == whole


def test_a_beginning_is_enough_when_there_is_no_other() -> None:
    done = traced(CREATED["job_id"][:20])
    assert done.exit_code == 0
    assert CREATED["job_id"] in done.stdout
    assert "\x1b" not in done.stdout


def test_several_ids_of_one_beginning_are_listed() -> None:
    done = traced(CREATED["job_id"][:4])
    assert done.exit_code == 1
    assert "ids begin with" in done.stderr
    assert "job " in done.stderr


def test_an_unknown_id_is_told() -> None:
    done = traced("ffff-nobody")
    assert done.exit_code == 1
    assert "no event bears an id that is or begins with 'ffff-nobody'" in done.stderr


# The fields of opentelemetry.proto.trace.v1.Span as OTLP/JSON names them; times are strings there.
OTLP_FIELDS = {
    *("traceId", "spanId", "parentSpanId", "name", "kind"),
    *("startTimeUnixNano", "endTimeUnixNano", "attributes", "status"),
}


def test_otlp_is_what_a_receiver_takes() -> None:
    told = json.loads(traced(CREATED["job_id"], "--format", "otlp-json").stdout)
    spans = [
        span
        for resource in told["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]
    assert {field for span in spans for field in span} <= OTLP_FIELDS
    assert all(int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]) for span in spans)
    identifiers = [span["spanId"] for span in spans]
    assert len(set(identifiers)) == len(identifiers) > 10
    assert {span["traceId"] for span in spans} == {CREATED["trace_id"]}
    assert {span["parentSpanId"] for span in spans if "parentSpanId" in span} <= set(identifiers)
    assert sum("parentSpanId" not in span for span in spans) == 1


def test_chrome_gets_a_bar_for_every_span() -> None:
    told = json.loads(traced(CREATED["job_id"], "--format", "chrome-trace").stdout)
    bars = [event for event in told["traceEvents"] if event["ph"] == "X"]
    assert {"ingest", "transcribe", "sentiment", "index passages"} <= {bar["name"] for bar in bars}
    assert all(bar["dur"] >= 0 for bar in bars)


def test_mermaid_gets_a_gantt_chart() -> None:
    rows = traced(CREATED["job_id"], "--format", "mermaid").stdout.splitlines()
    assert rows[0] == "gantt"
    assert any(row.strip().startswith("transcribe 1 :done, s") for row in rows)


@pytest.mark.parametrize("form", ["terminal", "chrome-trace"])
def test_large_files_and_standard_input_are_told_from_an_index_and_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    lines = b"".join(line for file in DEMO.values() for line in encoded(file))
    path = tmp_path / "all.jsonl"
    path.write_bytes(lines)
    wanted = [CREATED["job_id"][:20], "--format", form]
    told = CliRunner().invoke(trace, [wanted[0], str(path), *wanted[1:]])
    assert told.exit_code == 0
    assert not (tmp_path / "cache").exists()
    stdin = CliRunner().invoke(trace, [wanted[0], "-", *wanted[1:]], input=lines)
    path.write_bytes(lines + b" " * INDEXED_BYTES)
    indexed = CliRunner().invoke(trace, [wanted[0], str(tmp_path), *wanted[1:]])
    assert (tmp_path / "cache" / "narralytica" / "index").is_dir()
    assert told.stdout == stdin.stdout == indexed.stdout
    unknown = CliRunner().invoke(trace, ["beef", str(path)])
    assert (unknown.exit_code, "begins with 'beef'" in unknown.stderr) == (1, True)
    several = CliRunner().invoke(trace, ["0", str(path)])
    assert (several.exit_code, "ids begin with '0'" in several.stderr) == (1, True)


def test_a_job_of_50_000_events_is_told() -> None:
    events = [job(0, "created")]
    for number in range(25_000):
        events.append(run(number, "started", number, "enrich", attempt=number + 1))
        events.append(run(number + 0.5, "failed", number, "enrich", attempt=number + 1))
    rows = list(waterfall(build(events), now=NOON, width=100))
    assert len(rows) > 25_000
