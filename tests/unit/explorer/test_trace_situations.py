"""Streams of typical situations, and the tree that each tells, written by hand."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from explorer.lines import EventLine
from explorer.trace.build import build
from explorer.trace.span import Span
from tests.unit.explorer.telling import job, layer, run, sync, told, whole_run

BEGUN = [job(0, "created"), job(0.5, "started")]
DONE = {"latency_ms": 9000.0}
LOST: dict[str, Any] = {"latency_ms": 1000.0, "error_type": "worker_lost"}
FIRST = whole_run(1, 2, 1, "ingest")
OTHER = {"request": "0193f0c2-0000-7000-8000-000000000009"}
LIBRARY = {"logger_name": "httpx", "level": "warning", "function_name": "send", "line_number": 7}
VIOLATION = {
    "violating_event_name": "narralytica.layer.completed",
    "outcome": "withheld",
    "violations": [{"path": "/payload/latency_ms", "rule": "minimum"}],
}

SITUATIONS: dict[str, tuple[Sequence[EventLine], str]] = {
    "first-time success": (
        [*BEGUN, *FIRST, *whole_run(3, 5, 2, "indexer"), job(5, "completed", **DONE)],
        """
        request
          job ingest completed
            ingest #1 completed 1.0s queue 1.0s
            indexer #1 completed 2.0s queue 1.0s
        """,
    ),
    "retry then success": (
        [
            *BEGUN,
            run(1, "started", 1, "ingest"),
            run(2, "failed", 1, "ingest", latency_ms=1000.0, error_type="Busy", will_retry=True),
            run(6, "started", 2, "ingest", 2),
            run(7, "completed", 2, "ingest", 2, latency_ms=1000.0),
            job(7, "completed", **DONE),
        ],
        """
        request
          job ingest completed
            ingest #1 failed Busy 1.0s queue 1.0s
            ingest #2 completed 1.0s retry 4.0s
        """,
    ),
    "worker lost": (
        [
            *BEGUN,
            run(1, "started", 1, "enrich"),
            layer(1, "started", 1, "sentiment"),
            layer(9, "failed", 1, "sentiment", service="worker-indexer", **LOST),
            run(9, "failed", 1, "enrich", service="worker-indexer", will_retry=True, **LOST),
            run(9, "started", 2, "enrich", 2),
        ],
        """
        request
          job ingest started [never ended]
            enrich #1 failed worker_lost 8.0s queue 1.0s
              sentiment failed worker_lost 8.0s
            enrich #2 started [never ended] retry 0.0s
        """,
    ),
    "the same layer in both attempts": (
        [
            *BEGUN,
            run(1, "started", 1, "enrich"),
            layer(1, "started", 1, "sentiment"),
            layer(2, "failed", 1, "sentiment", **LOST),
            run(2, "failed", 1, "enrich", will_retry=True, **LOST),
            run(2, "started", 2, "enrich", 2),
            layer(3, "started", 2, "sentiment"),
            layer(4, "completed", 2, "sentiment", latency_ms=1000.0),
            run(4, "completed", 2, "enrich", 2, latency_ms=2000.0),
            job(4, "completed", **DONE),
        ],
        """
        request
          job ingest completed
            enrich #1 failed worker_lost 1.0s queue 1.0s
              sentiment failed worker_lost 1.0s
            enrich #2 completed 2.0s retry 0.0s
              sentiment completed 1.0s
        """,
    ),
    "poison job": (
        [
            *BEGUN,
            run(1, "started", 1, "ingest"),
            run(2, "failed", 1, "ingest", will_retry=True, **LOST),
            run(3, "started", 2, "ingest", 2),
            run(4, "failed", 2, "ingest", 2, will_retry=False, **LOST),
            job(4, "failed", attempt=1, **LOST),
        ],
        """
        request
          job ingest failed worker_lost
            ingest #1 failed worker_lost 1.0s queue 1.0s
            ingest #2 failed worker_lost 1.0s retry 1.0s
        """,
    ),
    "refused before any run": (
        [job(0, "created"), job(1, "failed", latency_ms=1.0, error_type="InvalidMessage")],
        """
        request
          job ingest failed InvalidMessage
        """,
    ),
    "cancelled": (
        [
            *BEGUN,
            run(1, "started", 1, "enrich"),
            layer(1, "started", 1, "sentiment"),
            layer(3, "cancelled", 1, "sentiment", service="api", latency_ms=2000.0),
            run(3, "cancelled", 1, "enrich", service="api", latency_ms=2000.0),
            job(3, "cancelled", service="api", latency_ms=3000.0),
        ],
        """
        request
          job ingest cancelled
            enrich #1 cancelled 2.0s queue 1.0s
              sentiment cancelled 2.0s
        """,
    ),
    "started again by its client": (
        [
            *BEGUN,
            run(1, "started", 1, "ingest"),
            run(2, "failed", 1, "ingest", will_retry=False, **LOST),
            job(2, "failed", attempt=1, **LOST),
            job(60, "retried", attempt=2),
            job(61, "started", attempt=2),
            run(61, "started", 2, "ingest", 2),
            run(63, "completed", 2, "ingest", 2, latency_ms=2000.0),
            job(63, "completed", attempt=2, **DONE),
        ],
        """
        request
          job ingest completed [started again 1×]
            ingest #1 failed worker_lost 1.0s queue 1.0s
            ingest #2 completed 2.0s retry 59.0s
        """,
    ),
    "layer degraded": (
        [
            *BEGUN,
            run(1, "started", 1, "enrich"),
            layer(1, "started", 1, "keywords"),
            layer(2, "failed", 1, "keywords", latency_ms=1000.0, error_type="LayerError"),
            layer(2, "started", 1, "sentiment"),
            layer(3, "completed", 1, "sentiment", latency_ms=1000.0),
            run(3, "completed", 1, "enrich", latency_ms=2000.0),
            job(3, "completed", **DONE),
        ],
        """
        request
          job ingest completed
            enrich #1 completed 2.0s queue 1.0s
              keywords failed LayerError 1.0s
              sentiment completed 1.0s
        """,
    ),
    "parallel layers": (
        [
            *BEGUN,
            run(1, "started", 1, "enrich"),
            layer(1, "started", 1, "b"),
            layer(1.5, "started", 1, "a"),
            layer(2, "completed", 1, "a", latency_ms=500.0),
            layer(3, "completed", 1, "b", latency_ms=2000.0),
            run(3, "completed", 1, "enrich", latency_ms=2000.0),
            job(3, "completed", **DONE),
        ],
        """
        request
          job ingest completed
            enrich #1 completed 2.0s queue 1.0s
              b completed 2.0s
              a completed 0.5s
        """,
    ),
    "index sync": (
        [
            *BEGUN,
            run(1, "started", 1, "indexer"),
            sync(1, "started", 1, documents_count=1),
            sync(2, "completed", 1, documents_count=1, latency_ms=1000.0),
            run(2, "completed", 1, "indexer", latency_ms=1000.0),
            job(2, "completed", **DONE),
        ],
        """
        request
          job ingest completed
            indexer #1 completed 1.0s queue 1.0s
              index passages completed 1.0s
        """,
    ),
    "duplicate delivery": (
        [*BEGUN, *FIRST, *FIRST, *BEGUN, job(2, "completed", **DONE)],
        """
        request
          job ingest completed
            ingest #1 completed 1.0s queue 1.0s
        """,
    ),
    "clock skew": (
        [job(0, "created"), *whole_run(-2, -1, 1, "ingest"), job(0.5, "completed", **DONE)],
        """
        request
          job ingest completed
            ingest #1 completed 1.0s [starts 2000 ms before its job: clocks differ]
        """,
    ),
    "clock set back": (
        [*BEGUN, run(3, "started", 1, "ingest"), run(2, "completed", 1, "ingest", latency_ms=1.0)],
        """
        request
          job ingest started [never ended]
            ingest #1 completed -1.0s [ends before its start: clock set back] queue 3.0s
        """,
    ),
    "missing start": (
        [*BEGUN, FIRST[1], job(2, "completed", **DONE)],
        """
        request
          job ingest completed
            ingest #1 completed 1.0s [no start]
        """,
    ),
    "never ended": (
        [*BEGUN, FIRST[0]],
        """
        request
          job ingest started [never ended]
            ingest #1 started [never ended] queue 1.0s
        """,
    ),
    "two ends": (
        [*BEGUN, *FIRST, run(2.5, "completed", 1, "ingest", latency_ms=1500.0)],
        """
        request
          job ingest started [never ended]
            ingest #1 completed 1.0s [ended 2×] queue 1.0s
        """,
    ),
    "only the job is known": (
        [job(0, "created")],
        """
        request
          job ingest created [never ended]
        """,
    ),
    "a layer of an untold run": (
        [job(0, "created"), layer(1, "completed", 1, "sentiment", latency_ms=500.0)],
        """
        request
          job ingest created [never ended]
            job run unknown [no start] [never ended]
              sentiment completed 0.5s [no start]
        """,
    ),
    "looked at by others": (
        [*BEGUN, job(1, "status_viewed", status="started", **OTHER)],
        """
        request
          job ingest started [never ended] [looked at 1×]
        """,
    ),
    "a library logs and a contract is violated": (
        [
            *BEGUN,
            *FIRST,
            told(1.5, "library.logged", 1, **LIBRARY),
            told(1.6, "contract.violated", 1, **VIOLATION),
        ],
        """
        request
          job ingest started [never ended]
            ingest #1 completed 1.0s queue 1.0s
              ! httpx warning send:7
              ! contract violated by narralytica.layer.completed (withheld): """
        """/payload/latency_ms minimum
        """,
    ),
    "a search": (
        [told(1, "search.executed", job=None, mode="hybrid", results_count=3, latency_ms=500.0)],
        """
        request
          search hybrid executed 0.5s
        """,
    ),
    "work that no request caused": (
        [
            job(0.5, "started", request=None),
            run(1, "started", 1, "indexer", request=None),
            run(2, "completed", 1, "indexer", request=None, latency_ms=1000.0),
            job(2, "completed", request=None, **DONE),
        ],
        """
        job ingest completed
          indexer #1 completed 1.0s queue 0.5s
        """,
    ),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_the_tree_is_the_expected_one(name: str) -> None:
    events, expected = SITUATIONS[name]
    wanted = [row[8:].rstrip() for row in expected.splitlines() if row.strip()]
    assert outline(build(events)) == wanted


@pytest.mark.parametrize("name", SITUATIONS)
def test_the_order_of_the_lines_does_not_matter(name: str) -> None:
    events, _ = SITUATIONS[name]
    for seed in range(5):
        shuffled = random.Random(seed).sample(list(events), len(events))  # noqa: S311
        assert outline(build(shuffled)) == outline(build(events))


def test_the_critical_path_is_what_decided_the_end() -> None:
    events, _ = SITUATIONS["parallel layers"]
    [request] = build(events)
    [enrich] = request.children[0].children
    assert enrich.critical
    assert {layer.name: layer.critical for layer in enrich.children} == {"b": True, "a": False}


def outline(spans: Sequence[Span], depth: int = 0) -> list[str]:
    return [row for span in spans for row in _outline(span, depth)]


def _outline(span: Span, depth: int) -> Iterator[str]:
    timed = span.kind not in ("request", "job") and span.duration_s is not None
    parts = [
        f"{span.name} #{span.attempt}" if span.attempt else span.name,
        span.status,
        span.error_type or "",
        f"{span.duration_s:.1f}s" if timed else "",
        *(f"[{mark}]" for mark in span.marks),
        f"{span.waited_for} {span.waited_s:.1f}s" if span.waited_s is not None else "",
    ]
    yield "  " * depth + " ".join(part for part in parts if part)
    for note in span.notes:
        yield "  " * (depth + 1) + f"! {note.text}"
    yield from outline(span.children, depth + 1)
