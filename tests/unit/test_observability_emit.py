"""What leaves the process through `emit`, and what never does."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import observability as obs
from observability.events import LayerCompleted, SearchExecuted
from observability.sinks.logging_sink import LoggingSink
from observability.testing import CapturedEvents, capture, captured_events
from observability.violation_limit import MAX_TOLD, WINDOW_S, ViolationLimit

__all__ = ["captured_events"]

SEARCH = SearchExecuted(mode="hybrid", results_count=3, latency_ms=8.1)


@pytest.fixture
def best_effort() -> Iterator[CapturedEvents]:
    with capture(environment={"OBS_VALIDATE_STRICT": "false"}) as captured:
        yield captured


def request_context() -> obs.ObsContext:
    return obs.current_context().with_request_id(obs.new_uuid())


def test_a_typed_event_becomes_one_conformant_line(captured_events: CapturedEvents) -> None:
    ctx = request_context()
    obs.emit(SEARCH, ctx)
    [line] = captured_events.lines
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    envelope = json.loads(line)
    assert obs.envelope_violations(envelope) == ()
    assert envelope == {
        "schema_version": "2.0.0",
        "event_id": "01939f6e-2c1b-7000-8000-000000000001",
        "event_name": "narralytica.search.executed",
        "occurred_at": "2026-11-23T12:00:00.000000Z",
        "severity": "info",
        "correlation": {
            "request_id": ctx.request_id,
            "job_id": None,
            "job_run_id": None,
            "trace_id": ctx.trace_id,
            "span_id": ctx.span_id,
        },
        "actor": {
            "service_name": "test-service",
            "service_version": "9.9.9",
            "env": "test",
            "host": "test-host",
        },
        "payload": {"mode": "hybrid", "results_count": 3, "latency_ms": 8.1},
    }


def test_the_name_and_a_payload_say_the_same_as_the_typed_event(
    captured_events: CapturedEvents,
) -> None:
    ctx = request_context()
    obs.emit(SEARCH, ctx)
    obs.emit("narralytica.search.executed", SEARCH.payload(), ctx)
    first, second = captured_events.envelopes()
    assert first.pop("event_id") < second.pop("event_id")
    assert first == second


def test_a_payload_can_be_any_mapping(captured_events: CapturedEvents) -> None:
    obs.emit(SEARCH.event_name, MappingProxyType(SEARCH.payload()), request_context())
    assert captured_events.envelopes()[0]["payload"] == SEARCH.payload()


def test_the_bound_context_is_taken_when_none_is_given(captured_events: CapturedEvents) -> None:
    ctx = request_context()
    with obs.use_context(ctx):
        obs.emit(SEARCH)
    assert captured_events.envelopes()[0]["correlation"]["request_id"] == ctx.request_id
    with pytest.raises(obs.ContractViolation):
        obs.emit(SEARCH)


def test_times_are_told_in_utc(captured_events: CapturedEvents) -> None:
    begun = datetime(2026, 1, 1, 2, 0, 0, 5, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    captured_events.set_clock(begun)
    obs.emit(SEARCH, request_context())
    assert captured_events.envelopes()[0]["occurred_at"] == "2025-12-31T20:30:00.000005Z"


@pytest.mark.parametrize(
    ("name", "payload", "said"),
    [
        ("narralytica.search.imagined", {}, "/event_name breaks enum"),
        (SEARCH.event_name, SEARCH.payload() | {"results_count": -1}, "/payload/results_count"),
        (SEARCH.event_name, SEARCH.payload() | {"mode": "hunter2"}, '["lexical", "vector", "hyb'),
        (SEARCH.event_name, SEARCH.payload() | {"query": "hunter2"}, "additionalProperties"),
    ],
)
def test_strict_refuses_and_never_repeats_the_offending_value(
    captured_events: CapturedEvents, name: str, payload: dict[str, object], said: str
) -> None:
    with pytest.raises(obs.ContractViolation) as caught:
        obs.emit(name, payload, request_context())
    assert said in str(caught.value)
    assert name in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert captured_events.lines == []


def test_strict_refuses_a_job_run_event_without_job_run_id(captured_events: CapturedEvents) -> None:
    layer = LayerCompleted(
        layer_name="sentiment",
        layer_version="1.0.0",
        attempt=1,
        latency_ms=1,
        model_provider="p",
        model_id="m",
    )
    with pytest.raises(obs.ContractViolation, match="/correlation/job_run_id"):
        obs.emit(layer, request_context().with_job(obs.new_uuid()))


def test_best_effort_salvages_an_event_with_undeclared_keys(best_effort: CapturedEvents) -> None:
    ctx = request_context()
    obs.emit(SEARCH.event_name, SEARCH.payload() | {"query": "hunter2"}, ctx)
    salvaged, told = best_effort.envelopes()
    assert salvaged["payload"] == SEARCH.payload()
    assert told["event_name"] == "narralytica.contract.violated"
    assert told["correlation"] == salvaged["correlation"]
    assert told["payload"] == {
        "violating_event_name": SEARCH.event_name,
        "outcome": "salvaged",
        "violations": [{"path": "/payload", "rule": "additionalProperties"}],
    }
    assert b"hunter2" not in b"".join(best_effort.lines)


def test_best_effort_withholds_what_cannot_be_salvaged(best_effort: CapturedEvents) -> None:
    obs.emit(SEARCH.event_name, SEARCH.payload() | {"mode": "hunter2"}, request_context())
    [told] = best_effort.envelopes()
    assert told["payload"]["outcome"] == "withheld"
    assert told["payload"]["violations"] == [{"path": "/payload/mode", "rule": "enum"}]
    assert b"hunter2" not in b"".join(best_effort.lines)


def test_best_effort_tells_an_unregistered_name_without_repeating_it(
    best_effort: CapturedEvents,
) -> None:
    obs.emit("hunter2", {}, request_context())
    [told] = best_effort.envelopes()
    assert told["payload"]["violating_event_name"] == "unregistered"
    assert b"hunter2" not in b"".join(best_effort.lines)


def test_best_effort_tells_a_violation_even_when_the_context_is_what_is_wrong(
    best_effort: CapturedEvents,
) -> None:
    obs.emit(SEARCH, request_context().with_request_id("hunter2"))
    [told] = best_effort.envelopes()
    assert told["payload"]["outcome"] == "withheld"
    assert told["correlation"]["request_id"] is None


def self_referencing() -> dict[str, Any]:
    payload: dict[str, Any] = {}
    payload["self"] = payload
    return payload


@pytest.mark.parametrize(
    "payload",
    [
        {"mode": object()},
        {"mode": b"bytes"},
        {"mode": "\ud800"},
        {1: "a key that is no string"},
        {"latency_ms": float("nan"), "mode": "hybrid", "results_count": 1},
        {"results_count": 2**80, "mode": "hybrid", "latency_ms": 1},
        self_referencing(),
        None,
        [],
    ],
    ids=lambda payload: type(payload).__name__,
)
def test_best_effort_never_raises(best_effort: CapturedEvents, payload: Any) -> None:
    obs.emit(SEARCH.event_name, payload, request_context())
    for envelope in best_effort.envelopes():
        assert obs.envelope_violations(envelope) == ()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(payload=st.dictionaries(st.sampled_from(["mode", "results_count", "x"]), json_values))
def test_whatever_is_given_only_valid_lines_leave(payload: dict[str, object]) -> None:
    with capture(environment={"OBS_VALIDATE_STRICT": "false"}) as captured:
        obs.emit(SEARCH.event_name, payload, request_context())
    assert all(obs.envelope_violations(envelope) == () for envelope in captured.envelopes())
    assert len(captured.lines) >= 1


def test_a_sealed_event_keeps_its_id_however_often_it_is_emitted(
    captured_events: CapturedEvents,
) -> None:
    [sealed] = obs.seal(SEARCH, request_context())
    assert captured_events.lines == []
    obs.emit(sealed)
    obs.emit(sealed)
    first, second = captured_events.lines
    assert first == second == sealed.line
    assert json.loads(first)["event_id"] == sealed.event_id


def test_an_event_can_be_sealed_by_its_name(captured_events: CapturedEvents) -> None:
    bound, given = request_context(), request_context()
    with obs.use_context(bound):
        sealed = [
            *obs.seal(SEARCH.event_name, SEARCH.payload()),
            *obs.seal(SEARCH.event_name, SEARCH.payload(), given),
        ]
    for each in sealed:
        obs.emit(each)
    told = captured_events.envelopes(SearchExecuted)
    assert [each["payload"] for each in told] == [SEARCH.payload()] * 2
    assert [each["correlation"] for each in told] == [bound.correlation(), given.correlation()]


def test_what_is_no_event_at_all_is_told(best_effort: CapturedEvents) -> None:
    obs.emit(42, {}, request_context())  # type: ignore[call-overload]
    [told] = best_effort.envelopes()
    assert told["payload"]["violating_event_name"] == "unregistered"


def test_the_baseline_sink_writes_whole_lines_to_its_descriptor() -> None:
    reader, writer = os.pipe()
    LoggingSink(writer).write(b"x" * 10_000 + b"\n")
    os.close(writer)
    with os.fdopen(reader, "rb") as lines:
        assert lines.read() == b"x" * 10_000 + b"\n"


def hashed(text: str, key: str) -> str | None:
    with capture(environment={"OBS_HASH_KEY": key}):
        return obs.query_hash(text)


def test_query_hash_is_keyed_and_absent_without_a_key() -> None:
    assert hashed("who am I", key="") is None
    first = hashed("who am I", key="one")
    assert first is not None
    assert len(first) == 32
    assert first == hashed("who am I", key="one")
    assert first not in (hashed("who are you", key="one"), hashed("who am I", key="two"))


def test_events_of_an_unconfigured_process_are_valid_lines_on_stdout() -> None:
    code = (
        "import observability as obs; from observability.events import EventsDropped;"
        "obs.emit(EventsDropped(dropped_count=1, sink='s', reason='closed'))"
    )
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": ""}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment)
    assert done.stderr == b""
    envelope = json.loads(done.stdout)
    assert obs.envelope_violations(envelope) == ()
    assert envelope["actor"]["service_name"] == "unknown_service"


def test_a_context_that_breaks_its_contract_is_told_without_it(best_effort: CapturedEvents) -> None:
    stranger = obs.Actor(service_name="", service_version="one", env="test")
    obs.emit(SEARCH, obs.ObsContext(actor=stranger, request_id="42"))
    [told] = best_effort.envelopes()
    assert told["event_name"] == "narralytica.contract.violated"
    assert told["actor"]["service_name"] == "test-service"
    assert {broken["path"] for broken in told["payload"]["violations"]} == {
        "/actor/service_name",
        "/correlation/request_id",
    }
    assert (obs.stats().violated, obs.stats().withheld) == (1, 1)


def test_a_storm_of_violations_is_limited_and_counted(best_effort: CapturedEvents) -> None:
    ctx = request_context()
    for _ in range(1_000):
        obs.emit(SEARCH.event_name, {}, ctx)
    assert len(best_effort.lines) == MAX_TOLD
    account = obs.stats()
    assert (account.violated, account.withheld) == (1_000, 1_000)
    assert account.suppressed == 1_000 - MAX_TOLD


def test_what_was_suppressed_is_told_with_the_next_one() -> None:
    now_s = 0.0
    limit = ViolationLimit(lambda: now_s)
    told = [limit.admit("a") for _ in range(MAX_TOLD + 5)]
    assert told == [0] * MAX_TOLD + [None] * 5
    assert limit.admit("b") == 0
    now_s = WINDOW_S
    assert limit.admit("a") == 5
    assert limit.admit("a") == 0
