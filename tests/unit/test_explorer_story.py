"""The story of a request is built from its events alone."""

from collections.abc import Sequence
from datetime import UTC, datetime

from explorer.lines import EventLine
from explorer.story import request_story, uncorrelated
from observability import events
from observability.event import Event

REQUEST, OTHER_REQUEST, JOB = "request-1", "request-2", "job-1"
FIRST, SECOND = "run-1", "run-2"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

LAYER = {
    "layer_name": "sentiment",
    "layer_version": "1.0.0",
    "attempt": 1,
    "model_provider": "vaderSentiment",
    "model_id": "vader",
}


def line(
    event: Event, run: str | None = None, request: str = REQUEST, job: str | None = JOB
) -> EventLine:
    return EventLine(
        event_id=None,
        event_name=event.event_name,
        occurred_at=NOON,
        correlation={"request_id": request, "job_id": job, "job_run_id": run},
        service_name="test",
        payload=event.payload(),
    )


def a_job_that_was_retried() -> Sequence[EventLine]:
    failed = events.JobRunFailed(
        job_type="ingest",
        worker="enrich",
        attempt=1,
        latency_ms=40.0,
        error_type="worker_lost",
        will_retry=True,
    )
    layer_failed = events.LayerFailed(latency_ms=30.0, error_type="worker_lost", **LAYER)  # type: ignore[arg-type]
    return [
        line(events.JobCreated(job_type="ingest")),
        line(events.JobStatusViewed(job_type="ingest", status="created"), request=OTHER_REQUEST),
        line(events.JobStarted(job_type="ingest", attempt=1)),
        line(events.JobRunStarted(job_type="ingest", worker="enrich", attempt=1), FIRST),
        line(events.LayerStarted(**LAYER), FIRST),  # type: ignore[arg-type]
        line(layer_failed, FIRST),
        line(failed, FIRST),
        line(events.JobRunStarted(job_type="ingest", worker="enrich", attempt=2), SECOND),
        line(events.LayerStarted(**LAYER), SECOND),  # type: ignore[arg-type]
        line(events.LayerCompleted(latency_ms=3.5, **LAYER), SECOND),  # type: ignore[arg-type]
        line(
            events.JobRunCompleted(job_type="ingest", worker="enrich", attempt=2, latency_ms=9.0),
            SECOND,
        ),
        line(events.JobCompleted(job_type="ingest", attempt=1, latency_ms=2500.0)),
    ]


def test_a_retried_job_shows_both_attempts_and_their_layers() -> None:
    [job] = request_story(a_job_that_was_retried(), REQUEST).jobs
    assert (job.job_id, job.status, job.latency_ms) == (JOB, "completed", 2500.0)
    assert [(run.attempt, run.status, run.error_type) for run in job.runs] == [
        (1, "failed", "worker_lost"),
        (2, "completed", None),
    ]
    assert [[(step.name, step.status) for step in run.steps] for run in job.runs] == [
        [("sentiment", "failed")],
        [("sentiment", "completed")],
    ]


def test_a_run_that_never_ended_shows_as_started() -> None:
    [job] = request_story(a_job_that_was_retried()[:4], REQUEST).jobs
    assert job.status == "started"
    assert [(run.status, run.latency_ms) for run in job.runs] == [("started", None)]


def test_a_look_at_the_job_belongs_to_no_other_story() -> None:
    story = request_story(a_job_that_was_retried(), OTHER_REQUEST)
    assert story.jobs == ()
    assert (
        uncorrelated(a_job_that_was_retried(), request_story(a_job_that_was_retried(), REQUEST))
        == []
    )


def test_an_event_of_the_job_under_another_request_is_uncorrelated() -> None:
    stray = line(
        events.JobRunStarted(job_type="ingest", worker="indexer", attempt=1), "run-9", OTHER_REQUEST
    )
    told = [*a_job_that_was_retried(), stray]
    assert uncorrelated(told, request_story(told, REQUEST)) == [stray]


def test_an_event_of_a_run_that_never_started_is_uncorrelated() -> None:
    stray = line(events.LayerStarted(**LAYER), "run-9")  # type: ignore[arg-type]
    told = [*a_job_that_was_retried(), stray]
    assert uncorrelated(told, request_story(told, REQUEST)) == [stray]


def test_a_job_with_no_event_of_its_own_but_its_creation_is_shown() -> None:
    told = [line(events.JobCreated(job_type="ingest"))]
    [job] = request_story(told, REQUEST).jobs
    assert (job.status, job.runs) == ("created", ())
