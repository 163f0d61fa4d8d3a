"""Every event bears the ids of those on whose behalf it was emitted, and of nobody else."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import BackgroundTasks, Depends, FastAPI

import observability as obs
from api.middleware.request_context import RequestContextMiddleware
from observability.events import JobCreated, SearchExecuted, SearchFailed
from observability.testing import CapturedEvents, captured_events

__all__ = ["captured_events"]

REQUESTS = 2_000


def told(index: str) -> SearchExecuted:
    return SearchExecuted(mode="hybrid", results_count=0, latency_ms=0, index=index)


def application() -> FastAPI:
    """Emits from all places in which a request's code may run; each event repeats its number."""
    app = FastAPI()
    pool = obs.ContextExecutor(max_workers=4)

    def in_thread_pool(number: int) -> None:
        obs.emit(told(f"dependency_{number}"))

    @app.get("/work/{number}")
    async def work(
        number: int, background: BackgroundTasks, _: Annotated[None, Depends(in_thread_pool)]
    ) -> dict[str, str | None]:
        background.add_task(obs.emit, told(f"background_{number}"))
        await asyncio.sleep(number % 11 / 1000)
        obs.emit(told(f"route_{number}"))
        task = asyncio.create_task(emit_later(f"task_{number}"))
        await asyncio.to_thread(obs.emit, told(f"thread_{number}"))
        await asyncio.get_running_loop().run_in_executor(pool, obs.emit, told(f"plain_{number}"))
        await asyncio.wrap_future(pool.submit(obs.emit, told(f"executor_{number}")))
        await task
        if number % 7 == 0:
            raise RuntimeError("one of seven fails")
        return {"request_id": obs.current_context().request_id}

    async def emit_later(index: str) -> None:
        await asyncio.sleep(0)
        obs.emit(told(index))

    return app


async def requests(client: httpx.AsyncClient) -> AsyncIterator[tuple[int, str]]:
    limit = asyncio.Semaphore(200)

    async def ask(number: int) -> tuple[int, str]:
        async with limit:
            answer = await client.get(f"/work/{number}")
        return number, answer.headers["X-Request-Id"]

    for asked in asyncio.as_completed([ask(number) for number in range(REQUESTS)]):
        yield await asked


def test_no_event_bears_the_ids_of_another_request(captured_events: CapturedEvents) -> None:
    async def serve() -> dict[int, str]:
        transport = httpx.ASGITransport(
            RequestContextMiddleware(application()), raise_app_exceptions=False
        )
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return {number: given async for number, given in requests(client)}

    request_ids = asyncio.run(serve())
    assert len(set(request_ids.values())) == REQUESTS
    envelopes = captured_events.envelopes(SearchExecuted)
    failing = len(range(0, REQUESTS, 7))
    # A failing request has no background tasks.
    assert len(envelopes) == 7 * REQUESTS - failing
    for envelope in envelopes:
        place, _, number = envelope["payload"]["index"].partition("_")
        assert envelope["correlation"]["request_id"] == request_ids[int(number)], place
    assert obs.current_context().request_id is None


def test_a_plain_thread_has_no_context_and_a_context_executor_has(
    captured_events: CapturedEvents,
) -> None:
    ctx = obs.current_context().with_request_id(obs.new_uuid())
    with obs.use_context(ctx), obs.ContextExecutor(max_workers=1) as pool:
        seen = pool.submit(obs.current_context).result()
        [mapped] = pool.map(lambda _: obs.current_context(), [None])
        alone: list[obs.ObsContext] = []
        thread = threading.Thread(target=lambda: alone.append(obs.current_context()))
        thread.start()
        thread.join()
    assert seen is mapped is ctx
    assert alone[0].request_id is None


@pytest.mark.parametrize("event", [JobCreated(job_type="ingest"), SearchFailed.event_name])
def test_an_event_without_the_ids_that_it_requires_is_refused(
    captured_events: CapturedEvents, event: obs.Event | str
) -> None:
    payload: tuple[dict[str, object], ...] = () if isinstance(event, obs.Event) else ({},)
    with pytest.raises(obs.ContractViolation, match="/correlation/request_id breaks type"):
        obs.emit(event, *payload)  # type: ignore[call-overload]


def test_a_job_has_a_context_apart_from_its_runs() -> None:
    run = obs.current_context().with_job(obs.new_uuid()).with_job_run(obs.new_uuid())
    job = run.for_job()
    assert (job.job_id, job.job_run_id, job.trace_id) == (run.job_id, None, run.trace_id)


def test_a_span_begins_a_trace_or_goes_on_with_one() -> None:
    first = obs.current_context().with_span()
    second = first.with_span()
    assert second.trace_id == first.trace_id is not None
    assert second.parent_span_id == first.span_id != second.span_id
    assert first.parent_span_id is None
