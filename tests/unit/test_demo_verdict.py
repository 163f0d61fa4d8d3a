"""The demonstration's verdict on what was told: it is good only of whole and correct stories."""

from collections.abc import Callable
from copy import deepcopy
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

import observability as obs
from stack.demo import Outcome, tell
from stack.processes import Folders
from tests.unit.explorer.recorded import DEMO, Line, encoded

Lines = dict[str, list[Line]]

OTHER = obs.new_uuid()  # an id that no event of the recorded demonstration bears
INGESTS = tuple(
    line["correlation"]["request_id"]
    for line in DEMO["api"]
    if line["event_name"] == "narralytica.job.created"
)
SEARCHES = tuple(
    line["correlation"]["request_id"]
    for line in DEMO["api"]
    if line["event_name"] == "narralytica.search.executed"
)


def verdict(folder: Path, lines: Lines, *, jobs_completed: bool = True) -> tuple[bool, str]:
    """Return whether the demonstration is content with the lines, and what it prints."""
    folders = Folders.below(folder)
    for service, told in lines.items():
        (folders.events / f"{service}.jsonl").write_bytes(b"".join(encoded(told)))
    outcome = Outcome(
        ingest_requests=INGESTS, search_requests=SEARCHES, jobs_completed=jobs_completed
    )
    file = StringIO()
    good = tell(Console(file=file, width=200), folders, outcome)
    return good, file.getvalue()


def logged(lines: Lines, **ids: str | None) -> Line:
    """Return what a library logged during the first job's enrich run, but for `ids`.

    No rule of the lifecycle is about such an event.
    """
    started = lines["worker-enrich"][0]
    return {
        **started,
        "event_id": obs.new_uuid(),
        "event_name": "narralytica.library.logged",
        "severity": "warn",
        "correlation": {**started["correlation"], **ids},
        "payload": {"logger_name": "httpx", "level": "warning"},
    }


def logged_with(**ids: str | None) -> Callable[[Lines], None]:
    return lambda lines: lines["worker-enrich"].insert(1, logged(lines, **ids))


def before_the_job(lines: Lines) -> None:
    early = logged(lines, request_id=OTHER, job_run_id=None)
    lines["api"].insert(0, early | {"occurred_at": "2026-11-24T01:00:00.000000Z"})


def a_layer_of_another_request(lines: Lines) -> None:
    [layer, *_] = [line for line in lines["worker-enrich"] if ".layer." in line["event_name"]]
    layer["correlation"]["request_id"] = OTHER


def a_job_of_another_request(lines: Lines) -> None:
    for told in lines.values():
        for line in told:
            if line["correlation"]["request_id"] == INGESTS[0]:
                line["correlation"]["request_id"] = OTHER


def a_silent_worker(lines: Lines) -> None:
    del lines["worker-diarize"]


def a_run_without_its_start(lines: Lines) -> None:
    del lines["worker-diarize"][0]


def a_search_untold(lines: Lines) -> None:
    del lines["api"][-1]


def a_search_told_twice(lines: Lines) -> None:
    lines["api"].append(lines["api"][-1] | {"event_id": obs.new_uuid()})


def a_search_that_only_logged(lines: Lines) -> None:
    search = lines["api"].pop()
    lines["api"].append(logged(lines, **search["correlation"]))


def a_broken_schema(lines: Lines) -> None:
    lines["api"][-1]["payload"]["mode"] = "psychic"


def test_it_is_content_with_whole_and_correct_stories(tmp_path: Path) -> None:
    good, printed = verdict(tmp_path, deepcopy(DEMO))
    assert good, printed
    assert " 0 rules broken, 0 faults" in printed
    for worker in ("ingest", "transcribe", "diarize", "enrich", "indexer"):
        assert printed.count(f"✓ {worker} #1") == len(INGESTS) == 2
    assert printed.count("✓ search ") == len(SEARCHES) == 3


def test_it_is_content_with_what_a_library_logged_within_a_story(tmp_path: Path) -> None:
    lines = deepcopy(DEMO)
    logged_with()(lines)
    good, printed = verdict(tmp_path, lines)
    assert good, printed
    assert "! httpx warning" in printed


def test_a_job_that_did_not_complete_is_not_good(tmp_path: Path) -> None:
    good, printed = verdict(tmp_path, deepcopy(DEMO), jobs_completed=False)
    assert not good
    assert " 0 faults" in printed


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (logged_with(request_id=OTHER), "library.logged of worker-enrich is not correlated"),
        (logged_with(request_id=None), "library.logged of worker-enrich is not correlated"),
        (logged_with(job_run_id=OTHER), "library.logged of worker-enrich is not correlated"),
        (before_the_job, f"request {INGESTS[0]} has no story of its own"),
        (a_layer_of_another_request, "layer.started of worker-enrich is not correlated"),
        (a_layer_of_another_request, "rule 4  layer.started bears another request_id"),
        (a_job_of_another_request, f"request {INGESTS[0]} has no story of its own"),
        (a_silent_worker, f"request {INGESTS[0]} was not told by all five workers"),
        (a_run_without_its_start, "job_run.completed of worker-diarize is not correlated"),
        (a_run_without_its_start, "rule 1  job_run.completed has no start"),
        (a_search_untold, f"request {SEARCHES[-1]} has no story of its own"),
        (a_search_told_twice, f"request {SEARCHES[-1]} tells of 2 searches, not one"),
        (a_search_that_only_logged, f"request {SEARCHES[-1]} tells of 0 searches, not one"),
        (a_broken_schema, "/payload/mode breaks enum"),
    ],
)
def test_whatever_is_missing_broken_or_outside_is_told_and_not_good(
    tmp_path: Path, damage: Callable[[Lines], None], fault: str
) -> None:
    lines = deepcopy(DEMO)
    damage(lines)
    good, printed = verdict(tmp_path, lines)
    assert not good
    assert fault in printed.replace("\n", "")
