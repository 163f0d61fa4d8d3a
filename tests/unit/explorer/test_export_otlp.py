"""`narralytica export otlp`: what arrives at a collector that takes it, delays it or refuses it."""

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

import observability as obs
from explorer.export import export
from explorer.export.reading import MOST_BYTES, MOST_LINES
from observability import events
from observability.sinks.otlp_history import History
from observability.sinks.testing_collector import DEADLINE_S, Collector, members, plain
from tests.unit.explorer.recorded import DEMO, SAMPLE, encoded

Line = dict[str, Any]
REQUEST, JOB, RUN = (f"0193f0c2-0000-7000-8000-00000000000{number}" for number in (1, 2, 3))
STEP: Line = {
    "layer_name": "sentiment",
    "layer_version": "1.0.0",
    "model_provider": "p",
    "model_id": "m",
}


@pytest.fixture
def collector() -> Iterator[Collector]:
    running = Collector()
    yield running
    running.stop()


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Sequence[Line]], str]:
    """Write lines to a file and return its path."""

    def written(lines: Sequence[Line]) -> str:
        path = tmp_path / "events.jsonl"
        path.write_bytes(b"".join(encoded(lines)))
        return str(path)

    return written


def run(*arguments: str, stdin: bytes = b"", **environment: Any) -> Result:
    return CliRunner().invoke(export, ["otlp", *arguments], input=stdin, env=environment)


def to(collector: Collector, *arguments: str, **more: Any) -> Result:
    return run("--endpoint", collector.url, *arguments, **more)


def told(
    name: str, number: int = 0, ids: tuple[str, ...] = (REQUEST, JOB, RUN), **payload: Any
) -> Line:
    """Return an event with the ids of Narralytica alone."""
    return {
        "event_id": f"0193f0c2-1111-7000-8000-{number:012d}",
        "event_name": f"narralytica.{name}",
        "occurred_at": f"2026-11-24T12:00:{number % 60:02d}.000001Z",
        "correlation": dict(zip(("request_id", "job_id", "job_run_id"), ids, strict=False)),
        "actor": {"service_name": "api", "service_version": "1", "env": "test"},
        "payload": payload,
    }


def search(number: int, **ids: str) -> Line:
    payload: Line = {"mode": "hybrid", "results_count": 1, "latency_ms": 2}
    return told("search.executed", number, (REQUEST,), **payload) | ids


def whole_job() -> list[Line]:
    """Return a job whose lines bear no ids of a trace."""
    job: Line = {"job_type": "ingest"}
    worker: Line = {"worker": "enrich", "attempt": 1, "job_type": "ingest"}
    return [
        told("job.created", 1, (REQUEST, JOB), status="created", **job),
        told("job_run.started", 2, status="started", **worker),
        told("layer.started", 3, status="started", attempt=1, **STEP),
        told("layer.completed", 4, status="completed", attempt=1, latency_ms=1000, **STEP),
        told("job_run.completed", 5, status="completed", latency_ms=3000, **worker),
        told(
            "job.completed",
            6,
            (REQUEST, JOB),
            status="completed",
            attempt=1,
            latency_ms=5000,
            **job,
        ),
    ]


def test_the_demonstration_arrives_whole(collector: Collector, tmp_path: Path) -> None:
    for name, written in DEMO.items():
        (tmp_path / f"{name}.jsonl").write_bytes(b"".join(encoded(written)))
    done = to(collector, *(str(tmp_path / f"{name}.jsonl") for name in DEMO))

    assert (done.exit_code, done.stdout) == (0, "")
    lines = {line["event_id"]: line for each in DEMO.values() for line in each}
    records = {plain(record)["event_id"]: record for record in collector.records()}
    assert len(collector.records()) == len(lines)
    assert records.keys() == lines.keys()
    for event_id, line in lines.items():
        record, correlation = records[event_id], line["correlation"]
        assert record.event_name == line["event_name"]
        assert f"{record.time_unix_nano // 1000 % 1_000_000:06d}Z" == line["occurred_at"][-7:]
        assert record.trace_id.hex() == correlation["trace_id"]
        assert record.span_id.hex() == correlation["span_id"]
    resources = [each.resource for sent in collector.logs for each in sent.resource_logs]
    assert {members(each.attributes)["service.name"] for each in resources} == set(DEMO)
    assert all(headers["Content-Encoding"] == "gzip" for headers in collector.headers)

    spans = {span.span_id: span for span in collector.spans()}
    assert len(spans) == len(collector.spans())
    told_runs = [each for each in lines.values() if each["event_name"].endswith("run.completed")]
    assert sum(span.name.startswith("job_run") for span in spans.values()) == len(told_runs)
    jobs = [span for span in spans.values() if span.name == "job ingest"]
    assert len(jobs) == 2
    for job in jobs:
        created = spans[job.parent_span_id]
        assert created.name == "create_job ingest"
        assert (job.trace_id, job.start_time_unix_nano) == (
            created.trace_id,
            created.start_time_unix_nano,
        )
        own = [span for span in spans.values() if plain(span).get("job_id") == plain(job)["job_id"]]
        assert job.end_time_unix_nano == max(span.end_time_unix_nano for span in own)


def test_history_is_what_the_sink_would_have_sent(tmp_path: Path) -> None:
    live, later = Collector(), Collector()
    path = tmp_path / "events.jsonl"
    obs.configure(
        service_name="worker-enrich",
        environment={
            "OBS_SINKS": f"file:{path},otel",
            "OTEL_EXPORTER_OTLP_ENDPOINT": live.url,
            "OBS_VALIDATE_STRICT": "true",
        },
    )
    ctx = obs.current_context().with_request_id(obs.new_uuid()).with_job(obs.new_uuid())
    obs.emit(events.JobCreated(job_type="ingest"), ctx)
    with (
        obs.use_context(ctx),
        pytest.raises(KeyError),
        obs.job_run(job_id=str(ctx.job_id), job_type="ingest", worker="enrich", attempt=1),
        obs.layer(layer_name="sentiment", **{k: v for k, v in STEP.items() if k != "layer_name"}),
    ):
        raise KeyError
    obs.emit(events.SearchExecuted(mode="hybrid", results_count=3, latency_ms=8.5), ctx)
    assert obs.flush(DEADLINE_S)
    obs.configure(environment={})

    assert to(later, str(path)).exit_code == 0
    assert _without_observation(later) == _without_observation(live)
    assert sorted(span.SerializeToString() for span in later.spans()) == sorted(
        span.SerializeToString() for span in live.spans()
    )
    for each in (live, later):
        each.stop()


def _without_observation(collector: Collector) -> list[bytes]:
    for record in collector.records():
        record.ClearField("observed_time_unix_nano")
    return sorted(record.SerializeToString() for record in collector.records())


def test_missing_ids_are_derived_and_always_the_same(
    collector: Collector, written: Callable[[Sequence[Line]], str]
) -> None:
    path = written(whole_job())
    assert to(collector, path).exit_code == 0
    first = {span.name: span for span in collector.spans()}
    assert set(first) == {"create_job ingest", "job ingest", "job_run enrich", "layer sentiment"}
    assert {span.trace_id for span in first.values()} == {first["job ingest"].trace_id}
    assert len({span.span_id for span in first.values()}) == 4
    assert first["layer sentiment"].parent_span_id == first["job_run enrich"].span_id
    assert first["job_run enrich"].parent_span_id == first["job ingest"].span_id
    assert first["job ingest"].parent_span_id == first["create_job ingest"].span_id
    assert first["create_job ingest"].parent_span_id == b""
    assert {record.trace_id for record in collector.records()} == {first["job ingest"].trace_id}

    again = Collector()
    assert to(again, path).exit_code == 0
    again.stop()
    assert {span.name: span for span in again.spans()} == first


def test_a_job_that_was_started_again_has_two_spans(
    collector: Collector, written: Callable[[Sequence[Line]], str]
) -> None:
    job, ids = {"job_type": "ingest"}, (REQUEST, JOB)
    lines = [
        told("job.created", 1, ids, status="created", **job),
        told("job.failed", 3, ids, status="failed", attempt=1, latency_ms=1, error_type="E", **job),
        told("job.retried", 5, ids, status="retried", attempt=2, by_request_id=REQUEST, **job),
        told("job.completed", 9, ids, status="completed", attempt=2, latency_ms=8000, **job),
    ]
    assert to(collector, written(lines)).exit_code == 0
    failed, completed = (span for span in collector.spans() if span.name == "job ingest")
    assert failed.span_id != completed.span_id
    assert [
        span.end_time_unix_nano - span.start_time_unix_nano for span in (failed, completed)
    ] == [
        2_000_000_000,
        4_000_000_000,
    ]
    assert (failed.status.code, completed.status.code) == (2, 0)


def test_what_was_cancelled_has_spans_that_did_not_fail(
    collector: Collector, written: Callable[[Sequence[Line]], str]
) -> None:
    run_told: Line = {"job_type": "ingest", "worker": "enrich", "attempt": 1}
    cancelled: Line = {"status": "cancelled", "attempt": 1, "latency_ms": 1000}
    lines = [
        told("layer.cancelled", 3, **STEP, **cancelled),
        told("job_run.cancelled", 4, **run_told | cancelled),
        told(
            "job.cancelled",
            5,
            (REQUEST, JOB),
            job_type="ingest",
            by_request_id=REQUEST,
            **cancelled,
        ),
    ]
    assert to(collector, written(lines)).exit_code == 0
    spans = {span.name: span for span in collector.spans()}
    assert set(spans) == {"layer sentiment", "job_run enrich", "job ingest"}
    for span in spans.values():
        assert span.status.code == 0
        assert span.end_time_unix_nano - span.start_time_unix_nano == 1_000_000_000


def test_repeats_other_lines_and_invalid_ones_are_left_out_and_counted(
    collector: Collector,
) -> None:
    lines = encoded([search(1), search(2), search(1), {"level": "info"}])
    done = to(collector, "-", stdin=b"".join([*lines, b"starting up\n", b"\n", b"\xff\xfe\n"]))
    assert done.exit_code == 0
    assert len(collector.records()) == 2
    assert "7 lines: 2 events, 1 repeats left out" in done.stderr
    assert "3 lines are no valid event" in done.stderr


def test_directories_packed_and_wrapped_lines_are_read(
    collector: Collector, tmp_path: Path
) -> None:
    one, two, three = encoded([search(1), search(2), search(3)])
    (tmp_path / "a.jsonl").write_bytes(one)
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(two))
    wrapped = {"log": three.decode(), "stream": "stdout", "time": "2026-11-24T12:00:00Z"}
    (tmp_path / "c.log").write_text(json.dumps(wrapped) + "\n")
    assert to(collector, str(tmp_path)).exit_code == 0
    assert len(collector.records()) == 3


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_is_put_off_arrives_in_the_end(
    collector: Collector, written: Callable[[Sequence[Line]], str], status: int
) -> None:
    collector.refusals = [(status, {"Retry-After": "1"}), (status, {}), (status, {})]
    done = to(collector, written(whole_job()))
    assert done.exit_code == 0
    assert f"HTTP {status}: the next try is in 1 s" in done.stderr
    assert "accepted 6 log records and 4 spans" in done.stderr
    assert (len(collector.records()), len(collector.spans())) == (6, 4)


def test_it_goes_on_after_a_message_that_is_refused(
    collector: Collector, written: Callable[[Sequence[Line]], str]
) -> None:
    path = written([search(number) for number in range(3 * MOST_LINES)])
    collector.refusals = [(200, {}), (200, {}), (200, {}), (400, {})]
    done = to(collector, "--signal", "logs", path)
    assert done.exit_code == 0, "it has three messages"
    collector.refusals = [(200, {}), (400, {})]
    done = to(collector, "--signal", "logs", path)
    assert done.exit_code == 1
    assert f"accepted {2 * MOST_LINES:,} log records and 0 spans" in done.stderr
    assert f"not accepted: {MOST_LINES:,} log records" in done.stderr
    assert "HTTP 400" in done.stderr
    assert "stopped" not in done.stderr


def test_it_stops_when_nothing_is_accepted_and_shows_no_token(
    collector: Collector, written: Callable[[Sequence[Line]], str]
) -> None:
    path = written([search(number) for number in range(3 * MOST_LINES)])
    collector.refusals = [(401, {})] * 6
    done = to(collector, "--header", "Authorization=Bearer hunter2", path)
    assert done.exit_code == 1
    assert len(collector.refusals) == 4, "one try for each signal"
    assert "HTTP 401" in done.stderr
    assert f"stopped at {path}:{MOST_LINES + 1}" in done.stderr
    assert "hunter2" not in done.output


def test_what_a_good_answer_rejects_is_counted(
    collector: Collector, written: Callable[[Sequence[Line]], str]
) -> None:
    # partial_success (1) { rejected (1): 1, error_message (2): "too\x1b[31m old" }
    partial = bytes((0x08, 1, 0x12, 12)) + b"too\x1b[31m old"
    collector.answer = collector.trace_answer = bytes((0x0A, len(partial))) + partial
    done = to(collector, written(whole_job()))
    assert done.exit_code == 1
    assert "accepted 5 log records and 3 spans" in done.stderr
    assert "not accepted: 1 log records" in done.stderr
    assert "not accepted: 1 spans" in done.stderr
    assert "too\\x1b[31m old" in done.stderr


def test_nobody_listening_is_told_without_a_traceback(
    written: Callable[[Sequence[Line]], str],
) -> None:
    gone = Collector()
    gone.stop()
    done = to(gone, "--give-up-after", "0.1", written(whole_job()))
    assert done.exit_code == 1
    assert "Connection refused" in done.stderr
    assert "not accepted: 6 log records" in done.stderr
    assert "not accepted: 4 spans" in done.stderr


def test_a_dry_run_counts_and_sends_nothing(
    collector: Collector, written: Callable[[Sequence[Line]], str]
) -> None:
    done = to(collector, "--dry-run", written(whole_job()))
    assert done.exit_code == 0
    assert done.stdout == "6 lines: 6 events\nwould send 6 log records and 4 spans\n"
    assert not collector.asked.is_set()


def test_the_standard_variables_count_and_options_go_before_them(
    collector: Collector, written: Callable[[Sequence[Line]], str]
) -> None:
    path = written([search(1)])
    variables: Line = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_EXPORTER_OTLP_HEADERS": "x-tenant=seven,x-side=left%20one",
    }
    assert run("--header", "X-Token=a=b", path, **variables).exit_code == 0
    for headers in collector.headers:
        assert (headers["x-tenant"], headers["x-side"]) == ("seven", "left one")
        assert headers["X-Token"] == "a=b"

    elsewhere: Line = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "http://127.0.0.1:1/logs",
    }
    before = len(collector.records())
    assert to(collector, path, **elsewhere).exit_code == 0
    assert len(collector.records()) == before + 1


@pytest.mark.parametrize(
    ("arguments", "says", "code"),
    [
        (["--endpoint", "hunter2"], "must begin with http", 1),
        (["--header", "hunter2"], "no. 1 must be KEY=VALUE", 2),
        (["--header", "x=a\nhunter2"], "header's", 1),
        (["--header", "x y=hunter2"], "header's", 1),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_and_not_shown(
    written: Callable[[Sequence[Line]], str], arguments: list[str], says: str, code: int
) -> None:
    done = run(*arguments, written([search(1)]))
    assert done.exit_code == code
    assert says in done.stderr
    assert "hunter2" not in done.output


def test_messages_are_bounded(
    collector: Collector, written: Callable[[Sequence[Line]], str]
) -> None:
    many = [search(number) for number in range(MOST_LINES + 500)]
    padded = [search(5000 + number) for number in range(20)]
    path = Path(written([*many, *padded]))
    # A line may be long by what JSON lets stand between its members.
    long = [line.replace(b"{", b"{" + b" " * (MOST_BYTES // 8), 1) for line in encoded(padded)]
    path.write_bytes(b"".join([*encoded(many), *long]))
    assert to(collector, "--signal", "logs", str(path)).exit_code == 0
    sizes = [
        sum(len(scope.log_records) for each in sent.resource_logs for scope in each.scope_logs)
        for sent in collector.logs
    ]
    assert sum(sizes) == MOST_LINES + 520
    assert sizes[0] == MOST_LINES
    assert all(size <= 500 + 8 for size in sizes[1:])
    assert len(sizes) == 4


@given(cuts=st.lists(st.integers(0, len(SAMPLE["sample"]))))
def test_where_the_batches_are_cut_makes_no_difference(cuts: list[int]) -> None:
    lines = encoded(SAMPLE["sample"])
    ends = [*sorted(cuts), len(lines)]
    history = History()
    batches = [
        history.batch(lines[begin:end]) for begin, end in zip([0, *ends], ends, strict=False)
    ]
    whole = History().batch(lines)
    assert [event for batch in batches for event in batch.events] == list(whole.events)
    spans = [span for batch in batches for _, span in batch.spans]
    assert sorted(span.SerializeToString() for span in spans) == sorted(
        span.SerializeToString() for _, span in whole.spans
    )
    assert sum(batch.repeats for batch in batches) == whole.repeats > 0
