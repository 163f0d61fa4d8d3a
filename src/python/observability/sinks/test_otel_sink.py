"""OBS_SINKS=otel: what arrives at a collector, and what becomes of it when there is none."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsPartialSuccess,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.logs.v1.logs_pb2 import SeverityNumber
from opentelemetry.proto.trace.v1.trace_pb2 import Span, SpanFlags, Status

import observability as obs
from observability import events
from observability.background import CAPACITY
from observability.sinks.testing_collector import DEADLINE_S, Collector, members, plain

SEARCH = events.SearchExecuted(mode="hybrid", results_count=3, latency_ms=8.5)
LAYER: dict[str, Any] = {
    "layer_name": "sentiment",
    "layer_version": "1.0.0",
    "model_provider": "vader",
    "model_id": "vader-3",
}
NAMED_SPANS = {
    "narralytica.search.executed",
    "narralytica.search.failed",
    "narralytica.request.failed",
    "narralytica.job.created",
    "narralytica.job_run.completed",
    "narralytica.job_run.failed",
    "narralytica.layer.completed",
    "narralytica.layer.failed",
    "narralytica.index.sync.completed",
    "narralytica.index.sync.failed",
}


@pytest.fixture
def collector() -> Iterator[Collector]:
    running = Collector()
    yield running
    running.stop()


@pytest.fixture
def configure() -> Iterator[Callable[..., None]]:
    def configure(url: str, sinks: str = "otel", **environment: str) -> None:
        obs.configure(
            service_name="api",
            service_version="1.2.3",
            host="host-1",
            environment={
                "OBS_SINKS": sinks,
                "OBS_ENV": "test",
                "OBS_VALIDATE_STRICT": "true",
                "OTEL_EXPORTER_OTLP_ENDPOINT": url,
                **environment,
            },
        )

    yield configure
    obs.configure(environment={})


def account() -> obs.SinkStats:
    return obs.stats().sinks["otel"]


def request() -> obs.ObsContext:
    return obs.current_context().with_request_id(obs.new_uuid())


def enrich(job_id: str, ctx: obs.ObsContext) -> None:
    with obs.job_run(job_id=job_id, job_type="ingest", worker="enrich", ctx=ctx):
        with obs.layer(**LAYER) as layer:
            layer.count_tokens(tokens_in=7, tokens_out=0)
        with obs.layer(**{**LAYER, "layer_name": "keywords"}):
            raise KeyError


def tell_a_story() -> obs.ObsContext:
    """A client's request makes a job; of its two layers the second fails, then so does the run."""
    client = obs.with_traceparent(
        obs.current_context(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    )
    ctx = client.with_request_id(obs.new_uuid())
    job_id = obs.new_uuid()
    obs.emit(events.JobCreated(job_type="ingest"), ctx.with_job(job_id))
    worker = obs.extract(obs.inject(ctx.with_job(job_id)))
    with pytest.raises(KeyError):
        enrich(job_id, worker)
    with (
        obs.job_run(job_id=job_id, job_type="ingest", worker="indexer", ctx=worker),
        obs.index_sync(index="passages", documents_count=2),
    ):
        pass
    return ctx


def test_a_story_arrives_as_records_and_spans(
    collector: Collector, configure: Callable[..., None]
) -> None:
    configure(collector.url)
    ctx = tell_a_story()
    assert obs.flush(DEADLINE_S)

    resources = [each.resource for sent in collector.logs for each in sent.resource_logs]
    resources += [each.resource for sent in collector.traces for each in sent.resource_spans]
    for resource in resources:
        assert members(resource.attributes) == {
            "service.name": "api",
            "service.version": "1.2.3",
            "deployment.environment.name": "test",
            "host.name": "host-1",
        }
    assert ctx.trace_id is not None
    assert {record.trace_id.hex() for record in collector.records()} == {ctx.trace_id}
    failed = next(r for r in collector.records() if r.event_name == "narralytica.layer.failed")
    assert (failed.severity_number, failed.severity_text) == (
        SeverityNumber.SEVERITY_NUMBER_ERROR,
        "ERROR",
    )
    assert failed.flags == 1
    assert 0 < failed.time_unix_nano <= failed.observed_time_unix_nano
    told = plain(failed)
    assert told["request_id"] == ctx.request_id
    assert told["error.type"] == "KeyError"
    assert told["layer_name"] == "keywords"
    assert told.keys() >= {"event_id", "schema_version", "job_id", "job_run_id", "latency_ms"}
    assert not told.keys() & {"trace_id", "span_id", "parent_span_id", "error_type"}
    completed = collector.record("layer.completed")
    assert completed.severity_number == SeverityNumber.SEVERITY_NUMBER_INFO
    assert plain(completed)["tokens_in"] == 7

    made = collector.span("create_job ingest")
    run = collector.span("job_run enrich")
    kept, lost = collector.span("layer sentiment"), collector.span("layer keywords")
    indexing, sync = collector.span("job_run indexer"), collector.span("index_sync passages")
    assert len(collector.spans()) == 6
    assert made.span_id.hex() == ctx.span_id
    assert made.parent_span_id.hex() == "00f067aa0ba902b7"
    assert {run.parent_span_id, indexing.parent_span_id} == {made.span_id}
    assert {kept.parent_span_id, lost.parent_span_id} == {run.span_id}
    assert sync.parent_span_id == indexing.span_id
    assert (made.kind, run.kind, kept.kind) == (
        Span.SpanKind.SPAN_KIND_SERVER,
        Span.SpanKind.SPAN_KIND_CONSUMER,
        Span.SpanKind.SPAN_KIND_INTERNAL,
    )
    remote = SpanFlags.SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK
    assert {s.name for s in collector.spans() if s.flags & remote} == {
        made.name,
        run.name,
        indexing.name,
    }
    error = Status.StatusCode.STATUS_CODE_ERROR
    assert [s.name for s in collector.spans() if s.status.code == error] == [
        "layer keywords",
        "job_run enrich",
    ]
    assert plain(run)["error.type"] == "KeyError"
    assert run.start_time_unix_nano == when_started(collector, run)
    assert run.start_time_unix_nano <= kept.start_time_unix_nano <= kept.end_time_unix_nano
    assert kept.end_time_unix_nano <= run.end_time_unix_nano
    assert account() == obs.SinkStats(written=11, dropped=0)


def when_started(collector: Collector, span: Span) -> int:
    """Return when the started event of a span happened."""
    [started] = [
        record.time_unix_nano
        for record in collector.records()
        if record.span_id == span.span_id and record.event_name.endswith(".started")
    ]
    return started


def test_the_span_tree_is_the_one_that_the_events_tell(
    collector: Collector, configure: Callable[..., None], tmp_path: Path
) -> None:
    path = tmp_path / "events.jsonl"
    configure(collector.url, f"file:{path},otel")
    for _ in range(3):
        tell_a_story()
    obs.emit(SEARCH, request())
    assert obs.flush(DEADLINE_S)
    told = [json.loads(line) for line in path.read_bytes().splitlines()]
    from_events = {
        (each["correlation"]["trace_id"], each["correlation"]["span_id"]): each["payload"].get(
            "parent_span_id"
        )
        for each in told
        if each["event_name"] in NAMED_SPANS
    }
    spans = collector.spans()
    from_spans = {
        (each.trace_id.hex(), each.span_id.hex()): each.parent_span_id.hex() or None
        for each in spans
    }
    assert from_spans == from_events
    assert len(spans) == len(from_spans) == 19
    assert sorted(plain(record)["event_id"] for record in collector.records()) == sorted(
        each["event_id"] for each in told
    )


def test_a_request_that_fails_twice_is_one_span_which_began_its_latency_ago(
    collector: Collector, configure: Callable[..., None]
) -> None:
    configure(collector.url)
    ctx = request()
    obs.emit(
        events.SearchFailed(
            mode="vector", latency_ms=1500.25, error_type="SearchUnavailable", error_message="away"
        ),
        ctx,
    )
    assert obs.flush(DEADLINE_S)
    obs.emit(
        events.RequestFailed(
            method="GET", route="/search", status_code=503, latency_ms=1501, error_type="Problem"
        ),
        ctx,
    )
    assert obs.flush(DEADLINE_S)
    [span] = collector.spans()
    assert span.name == "search vector"
    assert span.end_time_unix_nano - span.start_time_unix_nano == 1_500_250_000
    assert (span.status.code, span.status.message) == (Status.StatusCode.STATUS_CODE_ERROR, "away")
    told = plain(collector.record("request.failed"))
    assert told["http.response.status_code"] == 503
    assert (told["http.request.method"], told["http.route"]) == ("GET", "/search")


def test_a_run_that_another_process_closes_has_its_span(
    collector: Collector, configure: Callable[..., None]
) -> None:
    configure(collector.url)
    ctx = request().with_job(obs.new_uuid()).with_job_run(obs.new_uuid())
    lost = events.JobRunFailed(
        job_type="ingest",
        worker="transcribe",
        attempt=1,
        latency_ms=4000,
        error_type="worker_lost",
        will_retry=True,
    )
    obs.emit(lost, ctx)
    assert obs.flush(DEADLINE_S)
    span = collector.span("job_run transcribe")
    assert span.end_time_unix_nano - span.start_time_unix_nano == 4_000_000_000
    assert span.parent_span_id.hex() == ctx.parent_span_id
    assert plain(span)["will_retry"] is True


def test_times_are_exact_to_the_microsecond(
    collector: Collector, configure: Callable[..., None], tmp_path: Path
) -> None:
    path = tmp_path / "events.jsonl"
    configure(collector.url, f"file:{path},otel")
    obs.emit(SEARCH, request())
    assert obs.flush(DEADLINE_S)
    occurred_at = datetime.fromisoformat(json.loads(path.read_bytes())["occurred_at"])
    [record] = collector.records()
    epoch = datetime.fromisoformat("1970-01-01T00:00:00Z")
    assert epoch + timedelta(microseconds=record.time_unix_nano // 1000) == occurred_at


def test_lists_and_objects_arrive_as_they_are(
    collector: Collector, configure: Callable[..., None]
) -> None:
    configure(collector.url)
    broken = events.Violation(path="/payload/mode", rule="enum")
    violated = events.ContractViolated(
        violating_event_name=SEARCH.event_name, outcome="withheld", violations=[broken]
    )
    obs.emit(violated)
    assert obs.flush(DEADLINE_S)
    [record] = collector.records()
    told = plain(record)
    assert told["violations"] == [{"path": "/payload/mode", "rule": "enum"}]


def test_a_collector_that_is_down_costs_nothing_and_is_told_when_it_is_back(
    configure: Callable[..., None],
) -> None:
    gone = Collector()
    gone.stop()
    configure(gone.url)
    for _ in range(3):
        obs.emit(SEARCH, request())
    assert obs.flush(DEADLINE_S)
    assert (account().written, account().dropped) == (0, 3)
    back = Collector(gone.server_port)
    obs.emit(SEARCH, request())
    assert obs.flush(DEADLINE_S)
    back.stop()
    assert back.told_drops() == [("unreachable", 3)]
    assert account() == obs.SinkStats(written=2, dropped=3)


def test_a_collector_that_hangs_holds_nobody_up(
    collector: Collector, configure: Callable[..., None]
) -> None:
    configure(collector.url, OTEL_EXPORTER_OTLP_TIMEOUT="60000")
    collector.answers.clear()
    obs.emit(SEARCH, request())
    assert collector.asked.wait(DEADLINE_S)
    surplus = 5
    for _ in range(CAPACITY + surplus):
        obs.emit(SEARCH, request())
    # All of that came back while the collector has not answered a single time.
    assert not collector.answers.is_set()
    assert not obs.flush(0)
    assert account().written == 0
    assert account().dropped == surplus
    collector.answers.set()
    assert obs.flush(DEADLINE_S)
    assert collector.told_drops() == [("queue_full", surplus)]
    final = account()
    assert final.emitted == final.written + final.dropped
    assert final.written == len(collector.records())


@pytest.mark.parametrize("answered", [0, 1])
def test_a_collector_that_never_answers_is_given_up(
    collector: Collector, configure: Callable[..., None], answered: int
) -> None:
    configure(collector.url, OTEL_EXPORTER_OTLP_TIMEOUT="1000")
    for _ in range(answered):
        obs.emit(SEARCH, request())
    assert obs.flush(DEADLINE_S)
    collector.answers.clear()
    obs.emit(SEARCH, request())
    assert obs.flush(DEADLINE_S / 2)
    assert account() == obs.SinkStats(written=answered, dropped=1)


@pytest.mark.parametrize(
    "retry_after",
    [
        {},
        {"Retry-After": "0"},
        {"Retry-After": "soon"},
        {"Retry-After": "Fri, 31 Dec 9999 23:59:59 -0000"},
        {"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"},
    ],
)
def test_it_tries_again_what_was_put_off(
    collector: Collector, configure: Callable[..., None], retry_after: dict[str, str]
) -> None:
    configure(collector.url)
    collector.refusals = [(503, retry_after), (429, retry_after)]
    obs.emit(SEARCH, request())
    assert obs.flush(DEADLINE_S)
    assert account() == obs.SinkStats(written=1, dropped=0)
    assert (len(collector.records()), len(collector.spans())) == (1, 1)


@pytest.mark.parametrize(
    ("refusal", "left"),
    [
        ((400, {}), 2),
        ((500, {}), 2),
        ((302, {"Location": "/elsewhere"}), 2),
        ((503, {}), 0),
        ((429, {"Retry-After": "3600"}), 2),
        ((503, {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}), 2),
    ],
    ids=repr,
)
def test_what_is_refused_is_told(
    collector: Collector,
    configure: Callable[..., None],
    refusal: tuple[int, dict[str, str]],
    left: int,
) -> None:
    configure(collector.url)
    collector.refusals = [refusal] * 3
    obs.emit(SEARCH, request())
    assert obs.flush(DEADLINE_S)
    assert len(collector.refusals) == left
    collector.refusals.clear()
    obs.emit(SEARCH, request())
    assert obs.flush(DEADLINE_S)
    assert collector.told_drops() == [("refused", 1)]
    assert account() == obs.SinkStats(written=2, dropped=1)


def test_what_is_rejected_in_a_good_answer_is_counted(
    collector: Collector, configure: Callable[..., None]
) -> None:
    configure(collector.url)
    rejected = ExportLogsPartialSuccess(rejected_log_records=1, error_message="too old")
    collector.answer = ExportLogsServiceResponse(partial_success=rejected).SerializeToString()
    obs.emit(SEARCH, request())
    assert obs.flush(DEADLINE_S)
    assert account().dropped == 1
    warned = ExportLogsPartialSuccess(error_message="a warning")
    collector.answer = ExportLogsServiceResponse(partial_success=warned).SerializeToString()
    obs.emit(SEARCH, request())
    assert obs.flush(DEADLINE_S)
    assert (account().dropped, account().written) == (1, 2)


def test_a_fork_has_a_connection_of_its_own(
    collector: Collector, configure: Callable[..., None]
) -> None:
    configure(collector.url)
    obs.emit(SEARCH, request())
    assert obs.flush(DEADLINE_S)
    child = os.fork()
    if child == 0:
        obs.emit(SEARCH, request())
        os._exit(0 if obs.flush(DEADLINE_S) and account().written == 1 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    obs.emit(SEARCH, request())
    assert obs.flush(DEADLINE_S)
    assert (len(collector.records()), account().written) == (3, 2)
    # One for each signal and process, kept from one event to the next.
    assert len(set(collector.clients)) == 4


def test_headers_and_endpoints_of_their_own(
    collector: Collector, configure: Callable[..., None]
) -> None:
    configure(
        "http://127.0.0.1:1",
        OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=f"{collector.url}/v1/logs",
        OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20abc, x-tenant=seven",
        OTEL_TRACES_EXPORTER="none",
    )
    obs.emit(SEARCH, request())
    assert obs.flush(DEADLINE_S)
    assert (len(collector.records()), account().written) == (1, 1)
    [headers] = collector.headers
    assert (headers["authorization"], headers["x-tenant"]) == ("Bearer abc", "seven")
    assert headers["Content-Type"] == "application/x-protobuf"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://hunter2:99999999"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://hunter2"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://host/hunter2\r\nx: y"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "0"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "-1"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=hunter2%0d%0ab: c"),
        ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "hunter 2=1"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_and_not_shown(
    configure: Callable[..., None], name: str, value: str
) -> None:
    with pytest.raises(obs.InvalidConfiguration, match=name) as refused:
        configure("http://127.0.0.1:1", **{name: value})
    assert "hunter" not in str(refused.value)


def run_without_opentelemetry(sinks: str) -> "subprocess.CompletedProcess[str]":
    program = (
        "import sys\n"
        "sys.modules['opentelemetry'] = None\n"
        "import observability as obs\n"
        "try:\n"
        f"    obs.configure(environment={{'OBS_SINKS': '{sinks}'}})\n"
        "except obs.InvalidConfiguration as error:\n"
        "    sys.exit(str(error))\n"
        "assert 'google.protobuf' not in sys.modules\n"
    )
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, env=environment, text=True
    )


def test_who_does_not_name_it_needs_no_opentelemetry() -> None:
    done = run_without_opentelemetry("stdout")
    assert (done.returncode, done.stderr) == (0, "")


def test_who_names_it_is_told_what_to_install() -> None:
    done = run_without_opentelemetry("stdout,otel")
    assert done.returncode == 1
    assert "opentelemetry-proto" in done.stderr
    assert "Traceback" not in done.stderr
