"""What a request's story does not hold of the events about its jobs."""

from collections.abc import Sequence
from typing import Any

import pytest

from explorer.lines import EventLine
from explorer.trace import build, uncorrelated
from tests.unit.explorer.telling import REQUEST, job, layer, run, told

OTHER: dict[str, Any] = {"request": "0193f0c2-0000-7000-8000-000000000009"}
NONE: dict[str, Any] = {"request": None}
LIBRARY: dict[str, Any] = {"logger_name": "httpx", "level": "warning"}
RETRIED = [
    job(0, "created"),
    job(0.2, "status_viewed", status="created", **OTHER),
    job(0.5, "started"),
    run(1, "started", 1, "enrich"),
    layer(1, "started", 1, "sentiment"),
    layer(2, "failed", 1, "sentiment", latency_ms=1000.0, error_type="worker_lost"),
    run(2, "failed", 1, "enrich", latency_ms=1000.0, error_type="worker_lost", will_retry=True),
    run(3, "started", 2, "enrich", 2),
    layer(3, "started", 2, "sentiment"),
    told(3.5, "library.logged", 2, **LIBRARY),
    layer(4, "completed", 2, "sentiment", latency_ms=1000.0),
    run(4, "completed", 2, "enrich", 2, latency_ms=1000.0),
    job(4, "completed", latency_ms=4000.0),
]


def outside(events: Sequence[EventLine]) -> list[EventLine]:
    """Return what is outside the story of the request."""
    [request] = [root for root in build(events) if root.identifier == REQUEST]
    return uncorrelated(events, request)


def test_the_story_holds_every_attempt_and_a_look_at_the_job_is_anyones() -> None:
    assert outside(RETRIED) == []


@pytest.mark.parametrize(
    "stray",
    [
        run(5, "started", 3, "indexer", **OTHER),
        run(5, "started", 3, "indexer", **NONE),
        layer(3.5, "started", 2, "keywords", **OTHER),
        told(3.5, "library.logged", 2, **LIBRARY, **OTHER),
        told(3.5, "library.logged", **LIBRARY, **NONE),
    ],
)
def test_an_event_of_the_job_under_another_request_is_outside(stray: EventLine) -> None:
    assert outside([*RETRIED, stray]) == [stray]


@pytest.mark.parametrize(
    "stray",
    [
        layer(5, "started", 3, "sentiment"),
        run(5, "completed", 3, "indexer", latency_ms=1.0),
        told(5, "library.logged", 3, **LIBRARY),
    ],
)
def test_an_event_of_a_run_that_never_started_is_outside(stray: EventLine) -> None:
    assert outside([*RETRIED, stray]) == [stray]


def test_what_another_request_tells_of_its_own_job_is_none_of_this_story() -> None:
    other: dict[str, Any] = {"job": "0193f0c2-0000-7000-8000-000000000008", **OTHER}
    assert outside([*RETRIED, job(1, "created", **other), job(2, "started", **other)]) == []
