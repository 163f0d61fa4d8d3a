"""The numbers of statistics, against the same worked out from the lines in plain Python."""

from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from explorer.index import Index
from explorer.statistics.diff import changes, shared_events, time_changes
from explorer.statistics.errors import errors
from explorer.statistics.groups import DIMENSIONS, groups
from explorer.statistics.selection import extent
from explorer.statistics.significance import fisher, mann_whitney
from explorer.statistics.slow import job_time, slowest_jobs
from tests.unit.explorer.indexed import indexed, selected
from tests.unit.explorer.recorded import DEMO, SAMPLE, Line

LINES = list({line["event_id"]: line for line in SAMPLE["sample"]}.values())
DEMO_LINES = [line for lines in DEMO.values() for line in lines]
ENDS = ("completed", "failed", "cancelled", "executed")
BY: dict[str, Callable[[Line], Any]] = {
    "area": lambda line: line["event_name"].split(".")[1],
    "worker": lambda line: line["payload"].get("worker"),
    "layer": lambda line: line["payload"].get("layer_name"),
    "model": lambda line: line["payload"].get("model_id"),
    "search": lambda line: line["payload"].get("mode"),
}


@pytest.fixture(scope="module")
def index() -> Iterator[Index]:
    with indexed(SAMPLE["sample"]) as opened:  # with its repeats, which must not count
        yield opened


def action(line: Line) -> str:
    return str(line["event_name"].rsplit(".", 1)[1])


def at(line: Line) -> datetime:
    return datetime.fromisoformat(line["occurred_at"])


def latencies(lines: list[Line]) -> list[float]:
    return [line["payload"]["latency_ms"] for line in lines if "latency_ms" in line["payload"]]


@pytest.mark.parametrize("by", BY)
def test_groups_count_and_measure(index: Index, by: str) -> None:
    told = groups(selected(index), by)
    assert {group.key for group in told} == {BY[by](line) for line in LINES} - {None}
    assert [group.events for group in told] == sorted((g.events for g in told), reverse=True)
    for group in told:
        own = [line for line in LINES if BY[by](line) == group.key]
        ended = [line for line in own if action(line) in ENDS]
        failed = [line for line in own if action(line) == "failed"]
        started = [line for line in own if action(line) == "started"]
        assert (group.events, group.ended, group.failed) == (len(own), len(ended), len(failed))
        assert group.error_rate == (len(failed) / len(ended) if ended else None)
        assert group.started == len(started)
        assert group.retries == sum(line["payload"]["attempt"] > 1 for line in started)
        assert group.tokens_in == sum(line["payload"].get("tokens_in", 0) for line in own)
        assert group.tokens_out == sum(line["payload"].get("tokens_out", 0) for line in own)
        if not latencies(own):
            assert group.latency is None
            continue
        assert group.latency
        assert group.latency.count == len(latencies(own))
        assert (group.latency.p50, group.latency.p95, group.latency.p99) == pytest.approx(
            np.percentile(latencies(own), [50, 95, 99])
        )


def test_of_an_event_that_tells_a_failure_the_rate_is_among_all_ends(index: Index) -> None:
    told = {
        group.key.removeprefix("narralytica."): group for group in groups(selected(index), "event")
    }
    runs = Counter(action(line) for line in LINES if BY["area"](line) == "job_run")
    ended = sum(runs[each] for each in ENDS)
    assert told["job_run.failed"].error_rate == runs["failed"] / ended
    assert told["job_run.completed"].error_rate is None


def test_a_service_is_measured_by_what_it_does_as_a_whole(index: Index) -> None:
    [enrich] = [g for g in groups(selected(index), "service") if g.key == "worker-enrich"]
    own = [
        line
        for line in LINES
        if line["actor"]["service_name"] == "worker-enrich"
        and BY["area"](line) in ("job_run", "search", "request")
    ]
    assert enrich.latency
    assert enrich.latency.p50 == pytest.approx(np.percentile(latencies(own), 50))
    assert enrich.ended == sum(action(line) in ENDS for line in own)


def test_time_is_parted_into_buckets(index: Index) -> None:
    told = groups(selected(index), "worker", timedelta(seconds=10))
    expected = Counter(
        (at(line).replace(second=at(line).second // 10 * 10, microsecond=0), BY["worker"](line))
        for line in LINES
        if BY["worker"](line)
    )
    assert {(group.bucket, group.key): group.events for group in told} == expected
    buckets = [group.bucket for group in told if group.bucket]
    assert buckets == sorted(buckets)


@pytest.mark.parametrize("by", DIMENSIONS)
def test_a_filter_narrows_every_question(index: Index, by: str) -> None:
    some = selected(index, "worker:ingest since:55s")
    own = [line for line in LINES if BY["worker"](line) == "ingest" and at(line).second >= 5]
    about_runs = by in ("event", "area", "worker", "service", "version")
    assert sum(group.events for group in groups(some, by)) == (len(own) if about_runs else 0)
    assert extent(some).events == len(own)
    assert extent(some).first == min(map(at, own))
    assert extent(selected(index, "until:7d")).first is None


def test_errors_are_grouped_by_type_and_place(index: Index) -> None:
    expected: dict[tuple[object, ...], list[Line]] = {}
    for line in LINES:
        payload = line["payload"]
        if "error_type" in payload:
            place = line["event_name"], payload.get("worker"), payload.get("layer_name")
            key = payload["error_type"], *place, line["actor"]["service_name"]
            expected.setdefault(key, []).append(line)
    told = errors(selected(index))
    assert len(told) == len(expected) > 5
    for group in told:
        whole = group.event_name, group.worker, group.layer_name, group.service_name
        own = expected[group.error_type, *whole]
        last = max(own, key=lambda line: (at(line), line["event_id"]))
        assert group.count == len(own)
        assert (group.first, group.last) == (min(map(at, own)), at(last))
        assert group.jobs == len({line["correlation"]["job_id"] for line in own} - {None})
        assert group.retried == sum(line["payload"].get("will_retry", False) for line in own)
        assert group.example_id in (
            last["correlation"]["job_id"],
            last["correlation"]["request_id"],
        )


def test_the_slowest_jobs_take_the_time_from_their_first_event_to_their_last(index: Index) -> None:
    moments: dict[str, list[datetime]] = {}
    for line in LINES:
        if (job_id := line["correlation"]["job_id"]) and action(line) != "status_viewed":
            moments.setdefault(job_id, []).append(at(line))
    spans = {job: (max(times) - min(times)).total_seconds() for job, times in moments.items()}
    slowest = sorted(spans, key=lambda job: -spans[job])[:5]
    told = slowest_jobs(selected(index), 5)
    assert [job.job_id for job in told] == slowest
    assert [job.total_s for job in told] == pytest.approx([spans[job] for job in slowest])


def test_a_jobs_time_adds_up_by_worker_and_layer(index: Index) -> None:
    [job] = slowest_jobs(selected(index), 1)
    runs = Counter[str]()
    for line in LINES:
        if line["correlation"]["job_id"] == job.job_id and BY["area"](line) == "job_run":
            sign = 1 if action(line) in ENDS else -1
            runs[line["payload"]["worker"]] += round(sign * at(line).timestamp() * 1_000_000)
    told = {part.name: round(part.seconds * 1_000_000) for part in job.parts if not part.within}
    assert told == {worker: pytest.approx(spent, abs=2) for worker, spent in runs.items()}
    assert job.work_s == pytest.approx(sum(told.values()) / 1_000_000)
    assert job.retry_s == pytest.approx(_waited_for_retries(job.job_id))
    layers = [part for part in job.parts if part.within == "enrich"]
    assert {part.name for part in layers} == {"entities", "keywords", "sentiment"}


def _waited_for_retries(job_id: str) -> float:
    """Return the seconds from each failed run of a job to the next attempt of its worker."""
    runs = [e for e in LINES if e["correlation"]["job_id"] == job_id and BY["area"](e) == "job_run"]
    failed = {
        (e["payload"]["worker"], e["payload"]["attempt"]): at(e)
        for e in runs
        if action(e) == "failed"
    }
    waits = [
        at(line) - failed[line["payload"]["worker"], line["payload"]["attempt"] - 1]
        for line in runs
        if action(line) == "started" and line["payload"]["attempt"] > 1
    ]
    assert waits
    return sum(wait.total_seconds() for wait in waits)


def slower(worker: str, factor: float) -> list[Line]:
    """Return the sample as a later version tells it: one worker is slower, and fails more."""
    lines = deepcopy(LINES)
    for number, line in enumerate(lines):
        line["actor"]["service_version"] = "0.0.1"
        line["event_id"] = f"0193f0c2-1111-7000-8000-{number:012d}"
        if line["payload"].get("worker") == worker and "latency_ms" in line["payload"]:
            line["payload"]["latency_ms"] *= factor
    return lines


def test_the_change_that_matters_comes_first() -> None:
    with indexed([*LINES, *slower("ingest", 10)]) as index:
        old, new = (selected(index, f"service_version:0.0.{n}") for n in (0, 1))
        first, *others = changes(old, new)
        assert (first.kind, first.what, first.significant) == ("latency", "worker ingest", True)
        assert first.ratio == pytest.approx(10)
        assert not any(change.significant for change in others)
        assert shared_events(old, new) == 0
        assert shared_events(old, selected(index)) == len(LINES)


def test_a_trifle_is_not_significant_however_sure_it_is() -> None:
    with indexed([*LINES, *slower("ingest", 1)]) as index:
        old, new = (selected(index, f"service_version:0.0.{n}") for n in (0, 1))
        assert not any(change.significant for change in changes(old, new))
    steady = deepcopy([*LINES, *slower("ingest", 1)])
    for number, line in enumerate(steady):
        if line["payload"].get("worker") == "ingest" and "latency_ms" in line["payload"]:
            later = line["actor"]["service_version"] == "0.0.1"
            line["payload"]["latency_ms"] = 1000.0 + number / 1000 + 50 * later
    with indexed(steady) as index:
        told = changes(*(selected(index, f"service_version:0.0.{n}") for n in (0, 1)))
    [ingest] = [each for each in told if (each.kind, each.what) == ("latency", "worker ingest")]
    assert ingest.p_value
    assert ingest.p_value * len(told) < 0.05
    assert not ingest.significant


def test_an_error_that_is_new_is_a_change() -> None:
    lines = slower("ingest", 1)
    for line in lines:
        if line["event_name"].endswith("layer.completed"):
            line["event_name"] = "narralytica.layer.failed"
            line["severity"] = "error"
            line["payload"] |= {"status": "failed", "error_type": "Overloaded"}
    with indexed([*LINES, *lines]) as index:
        told = changes(*(selected(index, f"service_version:0.0.{n}") for n in (0, 1)))
    significant = [change.what for change in told if change.significant]
    assert "Overloaded in layer.failed" in significant[:1]


def test_two_jobs_are_compared_by_where_their_time_went(index: Index) -> None:
    one, other = slowest_jobs(selected(index), 2)
    whole, *parts = time_changes(one, other)
    assert (whole.a_s, whole.b_s) == (one.total_s, other.total_s)
    assert [abs(part.difference_s) for part in parts] == sorted(
        (abs(part.difference_s) for part in parts), reverse=True
    )
    assert job_time(selected(index), "0193f0c2-0000-7000-8000-000000000000") is None


VALUES = st.lists(st.integers(0, 12), min_size=8, max_size=40)


@given(VALUES, VALUES)
def test_the_rank_test_is_that_of_scipy(a: list[int], b: list[int]) -> None:
    ranks = stats.rankdata([*a, *b])
    ties = sum(count**3 - count for count in Counter([*a, *b]).values())
    told = mann_whitney(len(a), len(b), float(sum(ranks[: len(a)])), ties)
    expected = stats.mannwhitneyu(a, b, method="asymptotic").pvalue
    assert told == pytest.approx(1.0 if np.isnan(expected) else expected)


@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_the_exact_test_is_that_of_scipy(count_a: int, count_b: int, data: st.DataObject) -> None:
    hits_a, hits_b = data.draw(st.integers(0, count_a)), data.draw(st.integers(0, count_b))
    table = [[hits_a, count_a - hits_a], [hits_b, count_b - hits_b]]
    assert fisher(hits_a, count_a, hits_b, count_b) == pytest.approx(
        stats.fisher_exact(table).pvalue, rel=1e-6
    )
