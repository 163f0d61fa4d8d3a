"""The database goes away in the middle of work: no job is lost, no run ends twice."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from stack.processes import Service
from store.pipeline import Worker
from tests.chaos.faults import refuse_rows
from tests.chaos.wire import Wire, wire_to
from tests.integration.running_stack import wait_until
from tests.integration.workshop import TIMING, Workshop, assert_every_run_ends_once, short

JOBS = 25
STALLED_S = 10


@pytest.fixture
def wire(workshop: Workshop) -> Iterator[Wire]:
    with wire_to(workshop.url) as wire:
        yield wire


@pytest.fixture
def workers(workshop: Workshop, wire: Wire, tmp_path: Path) -> Sequence[Service]:
    """Two workers behind the wire."""
    names: tuple[Worker, ...] = ("enrich", "indexer")
    return [workshop.start(name, tmp_path, through=wire) for name in names]


def test_answers_of_the_database_that_never_arrive(
    workshop: Workshop, wire: Wire, workers: Sequence[Service]
) -> None:
    jobs = _made(workshop)
    wire.lose_one_in = 40
    _wait(workers, lambda: wire.lost > 20 or _ended(workshop, jobs))
    wire.lose_one_in = 0
    _assert_all_is_well(workshop, workers, jobs)
    assert wire.lost > 5


def test_all_connections_are_cut_again_and_again(
    workshop: Workshop, wire: Wire, workers: Sequence[Service]
) -> None:
    jobs = _made(workshop)
    for _ in range(5):
        completed = _completed(workshop, jobs)
        _wait(workers, lambda: _completed(workshop, jobs) > completed)  # noqa: B023  at once
        wire.cut()
    _assert_all_is_well(workshop, workers, jobs)


def test_a_worker_that_missed_a_heartbeat_goes_on_with_its_run(
    workshop: Workshop, wire: Wire, tmp_path: Path
) -> None:
    # Some seconds of silence are no loss: a pool pauses between its attempts to connect.
    settings = {**TIMING, "WORKER_STALLED_S": str(STALLED_S)}
    workshop.start("ingest", tmp_path, "wait", through=wire, settings=settings)
    workshop.start("indexer", tmp_path, settings=settings)
    job_id = workshop.new_job("ingest")
    workshop.wait_for(job_id, "job_run.started")
    wire.lose_one_in = 2
    wait_until(lambda: wire.lost > 10, "answers get lost, heartbeats among them")
    wire.lose_one_in = 0
    # Long enough for the others to take over what a silent worker had.
    _pass(workshop, 1.5 * STALLED_S)
    (tmp_path / "release-1").touch()
    workshop.wait_for(job_id, "job_run.completed")
    assert len(workshop.of(job_id, "job_run.started")) == 1


def test_the_database_is_gone_for_longer_than_a_heartbeat(
    workshop: Workshop, wire: Wire, workers: Sequence[Service]
) -> None:
    jobs = _made(workshop)
    _wait(workers, lambda: _completed(workshop, jobs) > 0)
    wire.away = True
    wire.cut()
    _pass(workshop, 4, workers)
    wire.away = False
    _assert_all_is_well(workshop, workers, jobs)


def test_the_database_crashes_and_recovers(workshop: Workshop, workers: Sequence[Service]) -> None:
    jobs = _made(workshop)
    for _ in range(2):
        _wait(workers, lambda: _ended(workshop, jobs) or _completed(workshop, jobs) > 0)
        with psycopg.connect(workshop.url) as victim, psycopg.connect(workshop.url) as witness:
            # PostgreSQL takes the death of one of its processes for a crash of all of them.
            os.kill(victim.info.backend_pid, signal.SIGKILL)
            wait_until(lambda: _is_cut(witness), "PostgreSQL has noticed")
        wait_until(lambda: _answers(workshop), "the database is back")
    _assert_all_is_well(workshop, workers, jobs)


def test_the_database_is_full_for_a_while(workshop: Workshop, workers: Sequence[Service]) -> None:
    jobs = _made(workshop)
    _wait(workers, lambda: _completed(workshop, jobs) > 0)
    with _full(workshop):
        # What is under way when it happens may end still; then nothing can.
        wait_until(lambda: _stands_still(workshop, jobs), "nothing goes on")
        document = {"text": "A text that cannot be kept."}
        refused = workshop.stack.request("POST", "/ingest", json=document)
        assert refused.status_code == 503
        assert refused.json()["request_id"] == refused.headers["X-Request-Id"]
        assert not _ended(workshop, jobs)
    _assert_all_is_well(workshop, workers, jobs)


@contextmanager
def _full(workshop: Workshop) -> Iterator[None]:
    """Refuse new rows until the block ends."""
    end = refuse_rows(workshop.query)
    try:
        yield
    finally:
        end()


def _stands_still(workshop: Workshop, jobs: Sequence[str]) -> bool:
    before = _completed(workshop, jobs)
    _pass(workshop, 1)
    return _completed(workshop, jobs) == before


def _pass(workshop: Workshop, seconds: float, workers: Sequence[Service] = ()) -> None:
    """Let time pass, by the database's clock."""
    [(until,)] = workshop.query("SELECT now() + make_interval(secs => %s)", seconds)
    _wait(workers, lambda: bool(workshop.query("SELECT 1 WHERE now() > %s", until)))


def _made(workshop: Workshop) -> list[str]:
    return [workshop.new_job("enrich") for _ in range(JOBS)]


def _wait(workers: Sequence[Service], condition: Callable[[], bool]) -> None:
    """Wait, while whoever runs the workers starts those again that end by themselves."""

    def holds() -> bool:
        for worker in workers:
            worker.keep_running()
        return condition()

    wait_until(holds, "it goes on")


def _assert_all_is_well(
    workshop: Workshop, workers: Sequence[Service], jobs: Sequence[str]
) -> None:
    _wait(workers, lambda: _ended(workshop, jobs))
    _wait(workers, lambda: workshop.query("SELECT 1 FROM outbox") == [])
    _wait(workers, lambda: workshop.query("SELECT 1 FROM procrastinate_jobs") == [])
    for job_id in jobs:
        told = workshop.of(job_id)
        assert_every_run_ends_once(told)
        assert short(told[-1]) in ("job.completed", "job.failed")
    assert _completed(workshop, jobs) > JOBS // 2


def _ended(workshop: Workshop, jobs: Sequence[str]) -> bool:
    return not workshop.query(
        "SELECT 1 FROM jobs WHERE job_id = ANY(%s::uuid[]) AND ended_at IS NULL", list(jobs)
    )


def _completed(workshop: Workshop, jobs: Sequence[str]) -> int:
    [(completed,)] = workshop.query(
        "SELECT count(*) FROM jobs WHERE job_id = ANY(%s::uuid[]) AND status = 'completed'",
        list(jobs),
    )
    return int(completed)


def _is_cut(connection: psycopg.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return True
    return False


def _answers(workshop: Workshop) -> bool:
    with suppress(psycopg.OperationalError):
        return bool(workshop.query("SELECT 1"))
    return False
