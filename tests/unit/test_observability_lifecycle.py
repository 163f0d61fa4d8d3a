"""A block of work tells its start and exactly one end, in a span of its own."""

import asyncio
from typing import Any

import pytest

import observability as obs
from observability.events import (
    IndexSyncCompleted,
    IndexSyncFailed,
    JobRunCompleted,
    JobRunFailed,
    JobRunStarted,
    LayerCompleted,
    LayerFailed,
    LayerStarted,
)
from observability.lifecycle import JobRunScope, LayerScope
from observability.testing import CapturedEvents, captured_events

__all__ = ["captured_events"]

JOB_ID = "0192f0c1-7a3c-7000-8000-000000000001"
JOB_RUN_ID = "0192f0c1-7a3d-7000-8000-000000000002"


def enriching(**changes: Any) -> JobRunScope:
    return obs.job_run(job_id=JOB_ID, job_type="enrich", worker="enrich", **changes)


def sentiment() -> LayerScope:
    return obs.layer(
        layer_name="sentiment",
        layer_version="1.0.0",
        model_provider="vaderSentiment",
        model_id="vader-3.3.2",
    )


class Told(obs.SafeError):
    """One of the project's own."""


def test_a_run_and_its_layers_form_a_tree_of_spans(captured_events: CapturedEvents) -> None:
    request = obs.current_context().with_request_id(obs.new_uuid())
    with enriching(ctx=request) as run, sentiment() as layer:
        layer.count_tokens(tokens_in=3, tokens_out=0)
    began = captured_events.assert_one(JobRunStarted, attempt=1)
    assert began["correlation"]["request_id"] == request.request_id
    assert began["correlation"]["trace_id"] == request.trace_id
    assert began["payload"]["parent_span_id"] == request.span_id
    inner = captured_events.assert_one(LayerStarted, layer_name="sentiment")
    assert inner["correlation"]["job_run_id"] == run.ctx.job_run_id
    assert inner["payload"]["parent_span_id"] == began["correlation"]["span_id"]
    captured_events.assert_one(LayerCompleted, tokens_in=3, tokens_out=0)
    assert captured_events.names() == [
        "narralytica.job_run.started",
        "narralytica.layer.started",
        "narralytica.layer.completed",
        "narralytica.job_run.completed",
    ]
    spans = {each["correlation"]["span_id"] for each in captured_events.envelopes()}
    assert len(spans) == 2


def test_both_kinds_of_block_are_the_same(captured_events: CapturedEvents) -> None:
    async def work() -> None:
        async with enriching(job_run_id=JOB_RUN_ID):
            async with sentiment():
                await asyncio.sleep(0)
            async with obs.index_sync(index="passages", documents_count=2):
                await asyncio.to_thread(
                    obs.emit,
                    IndexSyncCompleted(index="x", attempt=1, documents_count=1, latency_ms=0),
                )

    asyncio.run(work())
    runs = {each["correlation"]["job_run_id"] for each in captured_events.envelopes()}
    assert runs == {JOB_RUN_ID}
    inside = captured_events.assert_one(IndexSyncCompleted, index="x")
    outside = captured_events.assert_one(IndexSyncCompleted, index="passages", documents_count=2)
    assert inside["correlation"] == outside["correlation"]


def test_an_exception_ends_everything_as_failed_and_goes_on(
    captured_events: CapturedEvents,
) -> None:
    def passing(error: BaseException) -> bool:
        return isinstance(error, ConnectionError)

    with pytest.raises(ConnectionError), enriching(will_retry=passing), sentiment():
        raise ConnectionError("hunter2")
    captured_events.assert_one(LayerFailed, error_type="ConnectionError")
    captured_events.assert_one(JobRunFailed, error_type="ConnectionError", will_retry=True)
    captured_events.assert_none(JobRunCompleted)
    assert b"hunter2" not in b"".join(captured_events.lines)


def test_only_the_projects_own_errors_keep_their_message(captured_events: CapturedEvents) -> None:
    with pytest.raises(Told), enriching(), obs.index_sync(index="passages", documents_count=1):
        raise Told("the media has no\x00 sound")
    captured_events.assert_one(
        IndexSyncFailed, error_type="Told", error_message="the media has no? sound"
    )


@pytest.mark.parametrize("stop", [KeyboardInterrupt, asyncio.CancelledError, SystemExit])
def test_a_stopped_block_has_an_end_too(
    captured_events: CapturedEvents, stop: type[BaseException]
) -> None:
    with pytest.raises(stop), enriching():
        raise stop
    captured_events.assert_one(JobRunFailed, error_type=stop.__name__, will_retry=False)


def test_the_context_of_before_is_bound_again(captured_events: CapturedEvents) -> None:
    outer = obs.current_context().with_request_id(obs.new_uuid())
    with obs.use_context(outer):
        with enriching() as run:
            assert obs.current_context() is run.ctx
        assert obs.current_context() is outer


def test_a_run_can_be_told_step_by_step(captured_events: CapturedEvents) -> None:
    ctx = obs.current_context()
    run = obs.start_job_run(ctx, JOB_RUN_ID, JOB_ID, 2, job_type="ingest", worker="ingest")
    obs.end_job_run_failure(run, TimeoutError(), will_retry=True)
    obs.end_job_run_success(run)
    assert {each["payload"]["attempt"] for each in captured_events.envelopes()} == {2}
    told = captured_events.assert_one(JobRunFailed, will_retry=True)
    assert told["correlation"]["job_run_id"] == JOB_RUN_ID
    assert told["correlation"]["job_id"] == JOB_ID
    assert told["payload"]["latency_ms"] >= 0


def test_who_records_events_with_a_state_change_gets_them_instead(
    captured_events: CapturedEvents,
) -> None:
    recorded: list[obs.Event] = []
    run = obs.start_job_run(
        obs.current_context(),
        JOB_RUN_ID,
        JOB_ID,
        1,
        job_type="ingest",
        worker="ingest",
        tell=lambda event, ctx: recorded.append(event),
    )
    obs.end_job_run_success(run, tell=lambda event, ctx: recorded.append(event))
    assert [event.event_name for event in recorded] == [
        "narralytica.job_run.started",
        "narralytica.job_run.completed",
    ]
    assert captured_events.lines == []
