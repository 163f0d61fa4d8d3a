"""Tells streams of events, one short line each."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from explorer.lines import EventLine

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
REQUEST, JOB = "0193f0c2-0000-7000-8000-000000000001", "0193f0c2-0000-7000-8000-000000000002"
RUN = "0193f0c2-0000-7000-8000-0000000001{:02d}"
MODEL = {"layer_version": "1.0.0", "model_provider": "sample", "model_id": "m"}

_numbers = count()


def told(at_s: float, name: str, run: int | None = None, **payload: Any) -> EventLine:
    """Return an event `at_s` seconds after noon; `run` is its job run's number."""
    request: str | None = payload.pop("request", REQUEST)
    job: str | None = payload.pop("job", JOB)
    return EventLine(
        event_id=payload.pop("event_id", f"0193f0c2-1111-7000-8000-{next(_numbers):012d}"),
        event_name=f"narralytica.{name}",
        occurred_at=NOON + timedelta(seconds=at_s),
        correlation={
            "request_id": request,
            "job_id": job,
            "job_run_id": None if run is None else RUN.format(run),
            "trace_id": "a" * 32,
            "span_id": payload.pop("span", f"{run or 99:016d}"),
        },
        service_name=payload.pop("service", "worker"),
        payload=payload,
    )


def job(at_s: float, action: str, **payload: Any) -> EventLine:
    """Return an event of the job itself."""
    return told(at_s, f"job.{action}", job_type="ingest", **payload)


def run(
    at_s: float, action: str, number: int, worker: str, attempt: int = 1, **more: Any
) -> EventLine:
    """Return an event of a job run."""
    about = {"job_type": "ingest", "worker": worker, "attempt": attempt}
    return told(at_s, f"job_run.{action}", number, **about, **more)


def layer(at_s: float, action: str, number: int, name: str, **more: Any) -> EventLine:
    """Return an event of a layer."""
    return told(at_s, f"layer.{action}", number, layer_name=name, attempt=1, **MODEL, **more)


def sync(at_s: float, action: str, number: int, **more: Any) -> EventLine:
    """Return an event of an index sync."""
    return told(at_s, f"index.sync.{action}", number, index="passages", attempt=1, **more)


def whole_run(start_s: float, end_s: float, number: int, worker: str) -> Sequence[EventLine]:
    """Return a run that completed."""
    return [
        run(start_s, "started", number, worker),
        run(end_s, "completed", number, worker, latency_ms=1000 * (end_s - start_s)),
    ]
