"""The sample keeps the contracts and the rules of the lifecycle, and shows every event."""

import json
from collections import defaultdict
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from observability.validate import envelope_violations
from registry.sample import sample
from registry.sources import load

ROOT = Path(__file__).parents[2]
Line = dict[str, Any]

ENDS = ("completed", "failed", "cancelled")


def written(*options: str) -> str:
    result = CliRunner().invoke(sample, ["--root", str(ROOT), *options])
    assert result.exit_code == 0, result.output
    return result.output


def lines(*options: str) -> list[Line]:
    return [json.loads(line) for line in written(*options).splitlines()]


def once(sampled: list[Line]) -> list[Line]:
    return list({line["event_id"]: line for line in sampled}.values())


@pytest.fixture(scope="module")
def stream() -> list[Line]:
    return lines("--jobs", "60", "--seed", "7")


def test_every_line_keeps_its_contract(stream: list[Line]) -> None:
    for line in stream:
        assert envelope_violations(line) == ()


@pytest.mark.parametrize("seed", range(3))
def test_every_event_appears(seed: int) -> None:
    shown = {line["event_name"] for line in lines("--jobs", "20", "--seed", str(seed))}
    assert shown == {event.event_name for event in load(ROOT).events}


def test_a_seed_gives_the_same_stream_always() -> None:
    assert written("--jobs", "5", "--seed", "3") == written("--jobs", "5", "--seed", "3")
    assert written("--jobs", "5", "--seed", "3") != written("--jobs", "5", "--seed", "4")


def test_duplicates_are_the_same_line_again(stream: list[Line]) -> None:
    assert len(stream) > len(once(stream))
    assert len({json.dumps(line) for line in stream}) == len(once(stream))


def test_there_are_retries_lost_workers_and_degraded_layers(stream: list[Line]) -> None:
    runs = [line["payload"] for line in stream if line["event_name"].startswith("narralytica.job_")]
    assert any(run["attempt"] > 1 and run["status"] == "completed" for run in runs)
    assert any(run.get("error_type") == "worker_lost" for run in runs)
    failed = {line["correlation"]["job_run_id"] for line in of(stream, "layer.failed")}
    ended = {line["correlation"]["job_run_id"] for line in of(stream, "job_run.completed")}
    assert failed & ended


def of(stream: list[Line], *names: str) -> list[Line]:
    return [line for line in stream if line["event_name"].removeprefix("narralytica.") in names]


def grouped(stream: list[Line], key: str) -> dict[str, list[Line]]:
    groups = defaultdict(list)
    for line in stream:
        if line["correlation"][key]:
            groups[line["correlation"][key]].append(line)
    return groups


def statuses(stream: list[Line], *families: str) -> list[str]:
    names = [line["event_name"].removeprefix("narralytica.") for line in stream]
    return [name for name in names if name.rpartition(".")[0] in families]


def split_at(words: list[str], word: str) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for each in words:
        if each == word:
            parts.append([])
        else:
            parts[-1].append(each)
    return parts


def test_a_run_starts_first_and_ends_once_and_last(stream: list[Line]) -> None:
    for run in grouped(once(stream), "job_run_id").values():
        names = [line["event_name"] for line in run]
        assert names[0] == "narralytica.job_run.started"
        assert names[-1].removeprefix("narralytica.job_run.") in ENDS
        assert len(statuses(run, "job_run")) == 2
        times = [line["occurred_at"] for line in run]
        assert times == sorted(times)


def test_what_starts_in_a_run_ends_in_it(stream: list[Line]) -> None:
    for run in grouped(once(stream), "job_run_id").values():
        steps = of(
            run,
            *(
                f"{family}.{word}"
                for family in ("layer", "index.sync")
                for word in ("started", *ENDS)
            ),
        )
        steps.sort(key=lambda line: line["payload"].get("layer_name", ""))
        for _, step in groupby(steps, key=lambda line: line["payload"].get("layer_name")):
            words = [line["payload"]["status"] for line in step]
            assert words in [["started", end] for end in ENDS]


def test_attempts_of_a_worker_count_without_gaps(stream: list[Line]) -> None:
    for job in grouped(once(stream), "job_id").values():
        counted = defaultdict(list)
        for line in of(job, "job_run.started"):
            counted[line["payload"]["worker"]].append(line["payload"]["attempt"])
        for attempts in counted.values():
            assert attempts == list(range(1, len(attempts) + 1))


def test_a_job_is_created_first_and_ends_once_and_last(stream: list[Line]) -> None:
    for job in grouped(once(stream), "job_id").values():
        own = [line for line in job if line["event_name"] != "narralytica.job.status_viewed"]
        jobs = statuses(own, "job")
        *before, last = [
            " ".join(attempt).replace("job.", "") for attempt in split_at(jobs, "job.retried")
        ]
        assert all(attempt in ("created started failed", "started failed") for attempt in before)
        assert last.removeprefix("created ") in [f"started {end}" for end in ENDS]
        assert own[0]["event_name"] == "narralytica.job.created"
        assert own[-1]["event_name"] == f"narralytica.{jobs[-1]}"
        last_run = of(own, *(f"job_run.{end}" for end in ENDS))[-1]
        assert last_run["payload"]["status"] == own[-1]["payload"]["status"]
        assert not last_run["payload"].get("will_retry", False)
        assert len({line["correlation"]["request_id"] for line in own}) == 1


def test_nonsense_is_refused_in_one_sentence(tmp_path: Path) -> None:
    result = CliRunner().invoke(sample, ["--root", str(tmp_path)])
    assert result.exit_code == 1
    assert "registry.json: cannot be read" in result.output
    assert CliRunner().invoke(sample, ["--jobs", "0"]).exit_code == 2
