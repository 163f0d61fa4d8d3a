"""Workers that are killed, stopped, held up, fed nonsense: each run still ends exactly once.

The workers are real processes on a database of their own, so that nobody else takes their queues.
What they do with a job is scripted; two tests at the end let the real ones work.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from procrastinate.jobs import Status
from psycopg.types.json import Jsonb

import observability as obs
from explorer.lines import EventLine, InvalidLine
from observability import events
from stack.launch import free_port, wait_until_healthy
from stack.processes import Folders, running_services
from store.database import Database
from store.job_runs import NewStep, end_step, start_step
from store.layers import note_layer_of_job
from store.pipeline import Worker
from store.queue import Queue, QueueEntry, parse_message, queue_at, task_name
from tests.integration.running_stack import RunningStack, wait_until
from tests.integration.workshop import (
    TIMING,
    Workshop,
    assert_every_run_ends_once,
    kill,
    short,
    terminate,
    told_as,
)
from workers.runtime.lifecycle import begin, take_back


def test_a_killed_workers_run_is_closed_once_and_tried_again(
    workshop: Workshop, tmp_path: Path
) -> None:
    job_id = workshop.new_job("enrich")
    doomed = workshop.start("enrich", tmp_path, "wait")
    workshop.wait_for(job_id, "layer.started")
    kill(doomed)
    doomed.start()
    workshop.start("indexer", tmp_path)
    assert workshop.stack.finished(job_id)["status"] == "completed"

    wait_until(lambda: bool(workshop.of(job_id, "job.completed")), "job.completed is told")
    assert [told_as(event) for event in workshop.of(job_id)] == [
        ("job.created", None),
        ("job.started", 1),
        ("job_run.started", 1),
        ("layer.started", 1),
        ("layer.failed", 1),
        ("job_run.failed", 1),
        ("job_run.started", 2),
        ("layer.started", 2),
        ("layer.completed", 2),
        ("job_run.completed", 2),
        ("job_run.started", 1),
        ("job_run.completed", 1),
        ("job.completed", 1),
    ]
    [lost_layer, lost_run] = workshop.of(job_id, "layer.failed", "job_run.failed")
    assert lost_layer.payload["error_type"] == lost_run.payload["error_type"] == "worker_lost"
    assert lost_run.payload["will_retry"] is True
    assert lost_run.payload["latency_ms"] > 0
    assert lost_layer.correlation == workshop.of(job_id, "layer.started")[0].correlation
    assert lost_run.correlation == workshop.of(job_id, "job_run.started")[0].correlation
    assert_every_run_ends_once(workshop.of(job_id))
    assert workshop.entries(job_id) == []


def test_an_error_that_passes_leads_to_another_attempt(workshop: Workshop, tmp_path: Path) -> None:
    job_id = workshop.new_job("index")
    workshop.start("indexer", tmp_path, "raise")
    assert workshop.stack.finished(job_id)["status"] == "completed"
    failed = workshop.wait_for(job_id, "job_run.failed")
    assert failed.payload["error_type"] == "ConnectionError"
    assert failed.payload["will_retry"] is True
    assert "error_message" not in failed.payload
    workshop.wait_for(job_id, "job_run.completed", attempt=2)
    assert_every_run_ends_once(workshop.of(job_id))
    assert not _written(workshop, b"secret words")


def test_bad_input_fails_the_job_at_once(workshop: Workshop, tmp_path: Path) -> None:
    job_id = workshop.new_job("index")
    workshop.start("indexer", tmp_path, "refuse")
    view = workshop.stack.finished(job_id)
    assert (view["status"], view["error_type"]) == ("failed", "Unsuitable")
    wait_until(lambda: bool(workshop.of(job_id, "job.failed")), "job.failed is told")
    [run, job] = workshop.of(job_id, "job_run.failed", "job.failed")
    assert run.payload["will_retry"] is False
    assert run.payload["error_message"] == job.payload["error_message"] == "the input is unsuitable"
    assert_every_run_ends_once(workshop.of(job_id))


@pytest.mark.parametrize(
    ("earlier", "will_retry"), [("worker_lost", False), ("worker_stopped", True)]
)
def test_the_fifth_failure_is_the_last_but_a_stopped_worker_did_not_fail(
    workshop: Workshop, tmp_path: Path, earlier: str, will_retry: bool
) -> None:
    job_id = workshop.new_job("index")
    carrier = obs.inject(obs.current_context().with_job(job_id))
    for attempt in range(1, 5):
        workshop.query(
            "INSERT INTO job_runs"
            " (job_run_id, job_id, worker, attempt, status, carrier, error_type, ended_at)"
            " VALUES (%s, %s, 'indexer', %s, 'failed', %s, %s, now())",
            *(uuid4(), job_id, attempt, Jsonb(carrier), earlier),
        )
    workshop.start("indexer", tmp_path, *4 * ["done"], "raise")
    ended = workshop.stack.finished(job_id)
    failed = workshop.wait_for(job_id, "job_run.failed", attempt=5)
    assert failed.payload["will_retry"] is will_retry
    assert ended["status"] == ("completed" if will_retry else "failed")
    assert ended["error_type"] == (None if will_retry else "ConnectionError")
    assert len(ended["runs"]) == (6 if will_retry else 5)


def test_a_stopped_worker_ends_its_run_within_the_grace_period(
    workshop: Workshop, tmp_path: Path
) -> None:
    job_id = workshop.new_job("index")
    worker = workshop.start("indexer", tmp_path, "wait")
    workshop.wait_for(job_id, "job_run.started")
    assert worker.process is not None
    worker.process.terminate()
    (tmp_path / "release-1").touch()
    assert worker.process.wait(60) == 0
    assert workshop.stack.finished(job_id)["status"] == "completed"
    assert_every_run_ends_once(workshop.of(job_id))


def test_a_stopped_worker_hands_back_what_takes_longer(workshop: Workshop, tmp_path: Path) -> None:
    job_id = workshop.new_job("enrich")
    worker = workshop.start("enrich", tmp_path, "wait")
    workshop.wait_for(job_id, "layer.started")
    assert worker.process is not None
    worker.process.terminate()
    # The thread goes on for ever, and does not hold the process back.
    assert worker.process.wait(60) == 0
    [layer, run] = workshop.of(job_id, "layer.failed", "job_run.failed")
    assert layer.payload["error_type"] == run.payload["error_type"] == "worker_stopped"
    assert run.payload["will_retry"] is True
    [(status, _)] = workshop.entries(job_id)
    assert status == "todo"

    worker.start()
    workshop.start("indexer", tmp_path)
    assert workshop.stack.finished(job_id)["status"] == "completed"
    workshop.wait_for(job_id, "job_run.completed", attempt=2)
    assert_every_run_ends_once(workshop.of(job_id))


def test_a_worker_that_was_held_up_disturbs_neither_run_nor_queue(
    workshop: Workshop, tmp_path: Path
) -> None:
    job_id = workshop.new_job("index")
    first = workshop.start("indexer", tmp_path, "wait", "wait")
    workshop.wait_for(job_id, "job_run.started")
    second = workshop.start("indexer", tmp_path, "wait", "wait")
    assert first.process is not None
    assert second.process is not None
    wait_until(lambda: len(_workers(workshop)) == 2, "the second worker is there")
    first.process.send_signal(signal.SIGSTOP)
    workshop.wait_for(job_id, "job_run.started", attempt=2)
    [taken] = workshop.entries(job_id)

    (tmp_path / "release-1").touch()
    first.process.send_signal(signal.SIGCONT)
    # The first worker is through with it when it takes the next job.
    other_job = workshop.new_job("index")
    workshop.wait_for(other_job, "job_run.completed")
    assert workshop.entries(job_id) == [taken]
    assert workshop.stack.request("GET", f"/jobs/{job_id}").json()["status"] == "started"

    (tmp_path / "release-2").touch()
    assert workshop.stack.finished(job_id)["status"] == "completed"
    completed = workshop.wait_for(job_id, "job_run.completed", attempt=2)
    assert workshop.of(job_id, "job_run.completed") == [completed]
    assert_every_run_ends_once(workshop.of(job_id))
    assert workshop.entries(job_id) == []
    assert second.process.poll() is None


def test_a_worker_that_was_given_up_altogether_ends_when_it_comes_back(
    workshop: Workshop, tmp_path: Path
) -> None:
    job_id = workshop.new_job("index")
    first = workshop.start("indexer", tmp_path, "wait")
    workshop.wait_for(job_id, "job_run.started")
    assert first.process is not None
    first.process.send_signal(signal.SIGSTOP)
    wait_until(lambda: _silence_s(workshop) > float(TIMING["WORKER_STALLED_S"]), "it is lost")
    # A worker that starts strikes the lost ones off the list.
    second = workshop.start("indexer", tmp_path)
    assert workshop.stack.finished(job_id)["status"] == "completed"
    terminate(second)
    (tmp_path / "release-1").touch()
    first.process.send_signal(signal.SIGCONT)
    next_job = workshop.new_job("index")
    assert first.process.wait(60) == 1
    log = (workshop.stack.folders.logs / f"{first.name}.log").read_text()
    assert "silent for too long" in log
    second.start()
    assert workshop.stack.finished(next_job)["status"] == "completed"
    assert_every_run_ends_once(workshop.of(job_id))
    assert_every_run_ends_once(workshop.of(next_job))


def test_what_a_lost_worker_left_is_brought_back_though_the_clock_was_set_back(
    workshop: Workshop, tmp_path: Path
) -> None:
    job_id, waiting_job = workshop.new_job("index"), workshop.new_job("index")
    lost = workshop.start("indexer", tmp_path, "wait")
    workshop.wait_for(job_id, "job_run.started")
    kill(lost)
    ctx = obs.current_context().with_request_id(obs.new_uuid()).with_job(obs.new_uuid())
    [unwritten] = obs.seal(events.JobCreated(job_type="ingest"), ctx)
    # To a clock that was set back by an hour, all that was written before lies an hour ahead.
    workshop.query("UPDATE procrastinate_workers SET last_heartbeat = now() + interval '1 h'")
    workshop.query(
        "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 h' WHERE status = 'todo'"
    )
    workshop.query(
        "INSERT INTO outbox (event_id, line, recorded_at) VALUES (%s, %s, now() + interval '1 h')",
        *(unwritten.event_id, unwritten.line.decode()),
    )
    workshop.start("indexer", tmp_path)
    assert workshop.stack.finished(job_id)["status"] == "completed"
    assert workshop.stack.finished(waiting_job)["status"] == "completed"
    wait_until(lambda: bool(workshop.of(str(ctx.job_id))), "the event is written")
    for told in (job_id, waiting_job):
        assert_every_run_ends_once(workshop.of(told))


def test_an_event_that_was_recorded_but_not_written_is_written_with_its_id(
    workshop: Workshop, tmp_path: Path
) -> None:
    job_id = obs.new_uuid()
    ctx = obs.current_context().with_request_id(obs.new_uuid()).with_job(job_id)
    [sealed] = obs.seal(events.JobCreated(job_type="ingest"), ctx)
    workshop.query(
        "INSERT INTO outbox (event_id, line, recorded_at) VALUES (%s, %s, now() - interval '1 h')",
        *(sealed.event_id, sealed.line.decode()),
    )
    workshop.start("indexer", tmp_path)
    wait_until(lambda: bool(workshop.of(job_id)), "the event is written")
    [event] = workshop.of(job_id, "job.created")
    assert event.event_id == sealed.event_id
    wait_until(lambda: workshop.query("SELECT 1 FROM outbox") == [], "the outbox is empty")


def test_what_is_written_is_struck_off_and_not_written_again(
    workshop: Workshop, tmp_path: Path
) -> None:
    written_by = "SELECT line::json->'actor'->>'service_name' FROM outbox"
    job_id = workshop.new_job("index")
    stopped = workshop.start("indexer", tmp_path)
    assert workshop.stack.finished(job_id)["status"] == "completed"
    terminate(stopped)
    assert ("worker-indexer",) not in workshop.query(written_by)
    next_job = workshop.new_job("index")
    workshop.start("indexer", tmp_path)
    assert workshop.stack.finished(next_job)["status"] == "completed"
    wait_until(lambda: workshop.query(written_by) == [], "the outbox is empty")
    told = [
        line.event_id
        for line in workshop.stack.lines()
        if isinstance(line, EventLine) and line.correlation["job_id"] in (job_id, next_job)
    ]
    assert len(told) > 10
    assert sorted(told, key=str) == sorted(set(told), key=str)


@pytest.mark.parametrize("spoil", [{"extra": "x"}, {"traceparent": "nonsense"}, {"request_id": 5}])
def test_an_unreadable_message_fails_the_job_that_it_names(
    workshop: Workshop, tmp_path: Path, spoil: dict[str, object]
) -> None:
    job_id = workshop.new_job("index")
    workshop.query(
        "UPDATE procrastinate_jobs SET args = jsonb_set(args, '{carrier}', args->'carrier' || %s)"
        " WHERE args->'carrier'->>'job_id' = %s",
        *(Jsonb(spoil), job_id),
    )
    workshop.start("indexer", tmp_path)
    view = workshop.stack.finished(job_id)
    assert (view["status"], view["error_type"], view["runs"]) == ("failed", "InvalidMessage", [])
    wait_until(lambda: bool(workshop.of(job_id, "job.failed")), "job.failed is told")
    [created, failed] = workshop.of(job_id)
    assert failed.payload["error_type"] == "InvalidMessage"
    assert failed.payload["error_message"].startswith("the message cannot be read: /carrier")
    assert failed.correlation["request_id"] == created.correlation["request_id"]
    wait_until(lambda: workshop.entries(job_id) == [], "the entry is gone")


def test_an_unreadable_message_ends_what_is_open_at_its_job(
    workshop: Workshop, tmp_path: Path
) -> None:
    job_id = workshop.new_job("enrich")
    workshop.start("enrich", tmp_path, "wait")
    workshop.wait_for(job_id, "layer.started")
    _put(workshop, "indexer", {"carrier": {"job_id": job_id}})
    workshop.start("indexer", tmp_path)
    assert workshop.stack.finished(job_id)["error_type"] == "InvalidMessage"
    (tmp_path / "release-1").touch()
    wait_until(lambda: workshop.entries(job_id) == [], "both entries are gone")
    assert [told_as(event)[0] for event in workshop.of(job_id)] == [
        "job.created",
        "job.started",
        "job_run.started",
        "layer.started",
        "layer.failed",
        "job_run.failed",
        "job.failed",
    ]
    assert_every_run_ends_once(workshop.of(job_id))


@pytest.mark.parametrize(
    "message", [{}, {"message": 1}, {"carrier": {"job_id": "x"}}, {"carrier": {"job_id": None}}]
)
def test_a_message_that_names_no_job_is_dropped(
    workshop: Workshop, tmp_path: Path, message: dict[str, object]
) -> None:
    entry = _put(workshop, "indexer", message)
    worker = workshop.start("indexer", tmp_path)
    job_id = workshop.new_job("index")
    assert workshop.stack.finished(job_id)["status"] == "completed"
    status = "SELECT status::text, attempts FROM procrastinate_jobs WHERE id = %s"
    assert workshop.query(status, entry) == [("failed", 1)]
    assert worker.process is not None
    assert worker.process.poll() is None


def test_a_message_without_a_readable_job_of_a_lost_worker_is_dropped_as_well(
    workshop: Workshop, tmp_path: Path
) -> None:
    entry = _put(workshop, "indexer", {"nonsense": True})
    workshop.query("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", entry)
    workshop.start("indexer", tmp_path)
    status = "SELECT status::text FROM procrastinate_jobs WHERE id = %s"
    wait_until(lambda: workshop.query(status, entry) == [("failed",)], "the entry is dropped")


def test_only_its_owner_can_begin_finish_or_return_an_entry(workshop: Workshop) -> None:
    job_id = workshop.new_job("index")

    async def scene(queue: Queue) -> None:
        async with Database(workshop.url) as database:
            entry = await _fetch(queue, "indexer")
            workshop.query(
                "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1h'"
            )
            await take_back(database, entry)
            assert workshop.entries(job_id)[0][0] == "todo"
            newer = await _fetch(queue, "indexer")
            assert newer.id == entry.id

            ctx = parse_message(entry).context()
            assert await begin(database, "indexer", entry, ctx) is None
            await take_back(database, entry)
            await queue.job_manager.retry_job(entry)
            await queue.job_manager.finish_job(entry, Status.SUCCEEDED, delete_job=True)
            assert workshop.entries(job_id) == [("doing", newer.worker_id)]

            run = await begin(database, "indexer", newer, ctx)
            assert run is not None
            assert run.told.attempt == 1
            await queue.job_manager.finish_job(newer, Status.SUCCEEDED, delete_job=True)
            assert workshop.entries(job_id) == []

    asyncio.run(_with_queue(workshop.url, scene))


def test_a_layer_may_end_while_its_job_is_cancelled(workshop: Workshop) -> None:
    job_id = workshop.new_job("enrich")
    waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    step = NewStep(
        step="layer:any",
        failed_event_name=events.LayerFailed.event_name,
        cancelled_event_name=events.LayerCancelled.event_name,
        payload={},
        carrier={},
    )

    async def scene(queue: Queue) -> None:
        entry = await _fetch(queue, "enrich")
        async with Database(workshop.url) as database:
            run = await begin(database, "enrich", entry, parse_message(entry).context())
            assert run is not None
            async with database.transaction() as tx:
                await start_step(tx.connection, run.job_run_id, step)
            async with database.transaction() as tx:
                await end_step(tx.connection, run.job_run_id, step.step)
                path = f"/jobs/{job_id}/cancel"
                cancelling = asyncio.create_task(
                    asyncio.to_thread(workshop.stack.request, "POST", path)
                )
                await asyncio.to_thread(wait_until, lambda: bool(workshop.query(waits)), "it waits")
                await note_layer_of_job(tx.connection, job_id, "any")
            answer = await cancelling
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")

    asyncio.run(_with_queue(workshop.url, scene))
    layers = "SELECT layer_name FROM job_layers WHERE job_id = %s"
    assert workshop.query(layers, job_id) == [("any",)]


def test_a_real_worker_is_killed_in_the_middle_of_a_recording(
    lone_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in TIMING.items():
        monkeypatch.setenv(name, value)
    folders, port = Folders.below(tmp_path), free_port()
    with (
        running_services(lone_url, folders, port=port) as services,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        wait_until_healthy(client, services)
        stack = RunningStack(client=client, services=services, folders=folders)
        shop = Workshop(lone_url, stack)
        job_id = _ingest(stack, _recording())
        noise_id = _ingest(stack, bytes(range(256)) * 16)
        shop.wait_for(job_id, "job_run.started")
        doomed = stack.service("worker-transcribe")
        wait_until(lambda: "transcribe" in _workers_of(shop, job_id), "transcribe has begun")
        kill(doomed)
        doomed.start()
        assert stack.finished(job_id)["status"] == "completed"
        noise = stack.finished(noise_id)
        wait_until(lambda: bool(shop.of(job_id, "job.completed")), "job.completed is told")
        wait_until(lambda: bool(shop.of(noise_id, "job.failed")), "job.failed is told")
        story = shop.of(job_id)
        [refused] = shop.of(noise_id, "job_run.failed")
        assert [line for line in stack.lines() if isinstance(line, InvalidLine)] == []

    assert_every_run_ends_once(story)
    [lost] = [event for event in story if short(event) == "job_run.failed"]
    assert (lost.payload["worker"], lost.payload["attempt"]) == ("transcribe", 1)
    assert (lost.payload["error_type"], lost.payload["will_retry"]) == ("worker_lost", True)
    attempts = [event.payload for event in story if short(event) == "job_run.completed"]
    assert [payload["attempt"] for payload in attempts] == [1, 2, 1, 1, 1]

    assert (noise["status"], noise["error_type"]) == ("failed", "UnsupportedMedia")
    assert refused.payload["will_retry"] is False
    assert refused.payload["error_message"] == (
        "the media is no audio, video, subtitles or UTF-8 text"
    )


def _written(workshop: Workshop, text: bytes) -> bool:
    return any(text in path.read_bytes() for path in workshop.stack.folders.event_files())


def _workers(workshop: Workshop) -> list[tuple[Any, ...]]:
    """The workers that have told within the last seconds that they live."""
    return workshop.query(
        "SELECT id FROM procrastinate_workers WHERE last_heartbeat > now() - interval '1 s'"
    )


def _silence_s(workshop: Workshop) -> float:
    """For how many seconds no worker has told that it lives."""
    [(silence,)] = workshop.query(
        "SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers"
    )
    return float(silence)


def _workers_of(workshop: Workshop, job_id: str) -> set[str]:
    return {event.payload["worker"] for event in workshop.of(job_id, "job_run.started")}


def _put(workshop: Workshop, worker: Worker, message: dict[str, object]) -> int:
    """Put a message into the queue by hand; return the entry's id."""
    with psycopg.connect(workshop.url) as connection:
        cursor = connection.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES (%s, %s, %s)"
            " RETURNING id",
            [worker, task_name(worker), Jsonb(message)],
        )
        [entry] = cursor.fetchone() or [0]
        return int(entry)


def _recording() -> bytes:
    return (files("stack") / "demo_media" / "recording.wav").read_bytes()


def _ingest(stack: RunningStack, media: bytes) -> str:
    answer = stack.request("POST", "/ingest", files={"file": ("media", media)})
    return str(answer.json()["job_id"])


async def _fetch(queue: Queue, worker: Worker) -> QueueEntry:
    """Fetch the next entry of a queue as a worker of its own."""
    worker_id = await queue.job_manager.register_worker()
    entry = await queue.job_manager.fetch_job(queues=[worker], worker_id=worker_id)
    assert entry is not None
    return entry


async def _with_queue(url: str, scene: Callable[[Queue], Awaitable[None]]) -> None:
    queue = queue_at(url)
    async with queue.open_async():
        await scene(queue)
