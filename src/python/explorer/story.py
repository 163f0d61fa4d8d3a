"""Builds the story of a request from its events: request, jobs, job runs, steps.

A node takes its status from the last event that tells it, so a node that never ended shows
`started`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from explorer.lines import EventLine
from observability.events import JobCreated, JobRunStarted, JobStatusViewed


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A layer or an index sync within a job run."""

    name: str
    status: str
    latency_ms: float | None
    model_id: str | None
    error_type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One attempt of one worker."""

    job_run_id: str
    worker: str
    attempt: int
    status: str
    latency_ms: float | None
    error_type: str | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStory:
    """A job with every attempt at it."""

    job_id: str
    job_type: str
    status: str
    latency_ms: float | None
    error_type: str | None
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A search that the request made."""

    mode: str
    status: str
    latency_ms: float
    results_count: int | None
    error_type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestStory:
    """A request with all that it caused."""

    request_id: str
    jobs: tuple[JobStory, ...]
    searches: tuple[Search, ...]


def request_story(events: Iterable[EventLine], request_id: str) -> RequestStory:
    """Return the story of one request from events in the order of their time."""
    own = [event for event in events if event.correlation.get("request_id") == request_id]
    # A look at a job's status is another request's: the job belongs to the one that created it.
    created = _ids(own, "job_id", JobCreated.event_name)
    return RequestStory(
        request_id=request_id,
        jobs=tuple(_job(_of(own, "job_id", job_id), job_id) for job_id in created),
        searches=tuple(_search(event) for event in own if _area(event) == "search"),
    )


def uncorrelated(events: Iterable[EventLine], story: RequestStory) -> list[EventLine]:
    """Return the events about the story's jobs that its tree does not hold.

    They bear another request's id, or none, or a job run that never started.
    """
    jobs = {job.job_id for job in story.jobs}
    runs = {run.job_run_id for job in story.jobs for run in job.runs}
    return [
        event
        for event in events
        if event.correlation.get("job_id") in jobs
        and event.event_name != JobStatusViewed.event_name
        and (
            event.correlation.get("request_id") != story.request_id
            or event.correlation.get("job_run_id") not in {None, *runs}
        )
    ]


def _job(events: Sequence[EventLine], job_id: str) -> JobStory:
    own = [event for event in events if _area(event) == "job" and not _viewed(event)]
    last = own[-1].payload
    started = _ids(events, "job_run_id", JobRunStarted.event_name)
    return JobStory(
        job_id=job_id,
        job_type=last["job_type"],
        status=last["status"],
        latency_ms=last.get("latency_ms"),
        error_type=last.get("error_type"),
        runs=tuple(_run(_of(events, "job_run_id", run_id), run_id) for run_id in started),
    )


def _run(events: Sequence[EventLine], job_run_id: str) -> Run:
    last = [event for event in events if _area(event) == "job_run"][-1].payload
    steps: dict[str, Step] = {}
    for event in events:
        if _area(event) in ("layer", "index"):
            step = _step(event)
            steps[step.name] = step
    return Run(
        job_run_id=job_run_id,
        worker=last["worker"],
        attempt=last["attempt"],
        status=last["status"],
        latency_ms=last.get("latency_ms"),
        error_type=last.get("error_type"),
        steps=tuple(steps.values()),
    )


def _step(event: EventLine) -> Step:
    payload = event.payload
    name = payload["layer_name"] if _area(event) == "layer" else f"index {payload['index']}"
    return Step(
        name=name,
        status=payload["status"],
        latency_ms=payload.get("latency_ms"),
        model_id=payload.get("model_id"),
        error_type=payload.get("error_type"),
    )


def _search(event: EventLine) -> Search:
    payload = event.payload
    return Search(
        mode=payload["mode"],
        status=event.event_name.rsplit(".", 1)[1],
        latency_ms=payload["latency_ms"],
        results_count=payload.get("results_count"),
        error_type=payload.get("error_type"),
    )


def _area(event: EventLine) -> str:
    return event.event_name.split(".")[1]


def _viewed(event: EventLine) -> bool:
    return event.event_name == JobStatusViewed.event_name


def _of(events: Iterable[EventLine], key: str, value: str) -> list[EventLine]:
    return [event for event in events if event.correlation.get(key) == value]


def _ids(events: Iterable[EventLine], key: str, event_name: str) -> list[str]:
    """Return the ids under `key` of the events of one name, each once, in order."""
    named = (event.correlation.get(key) for event in events if event.event_name == event_name)
    return list(dict.fromkeys(value for value in named if value is not None))
