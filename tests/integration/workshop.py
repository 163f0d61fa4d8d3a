"""Scripted workers on a database of their own, as tests start, kill and watch them."""

import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from explorer.lines import EventLine
from stack.processes import Service, service_environment
from store.pipeline import Worker
from tests.chaos.wire import Wire
from tests.integration.running_stack import RunningStack, wait_until

TIMING = {
    "WORKER_HEARTBEAT_S": "0.3",
    "WORKER_STALLED_S": "3",
    "WORKER_GRACE_S": "2",
    "WORKER_LONGEST_DELAY_S": "5",
}
# What is told beside a job's progress: views of it, and what libraries log at it, also afterwards.
ASIDE = ("job.status_viewed", "library.logged")
ENDS = ("completed", "failed", "cancelled")


class Workshop:
    """The API, and scripted workers as a test starts them."""

    def __init__(self, url: str, stack: RunningStack) -> None:
        self.url = url
        self.stack = stack
        self.started: list[Service] = []

    def start(
        self,
        worker: Worker,
        scripts: Path,
        *steps: str,
        through: Wire | None = None,
        settings: Mapping[str, str] = TIMING,
    ) -> Service:
        """Start a scripted worker, with its database at the other end of a wire or directly."""
        url = self.url if through is None else through.url(self.url)
        service = Service(
            name=f"worker-{worker}-{len(self.started)}",
            module="tests.integration.scripted_worker",
            arguments=(worker, str(scripts), *steps),
            environment=environment_of(url, settings),
            folders=self.stack.folders,
        )
        service.start()
        self.started.append(service)
        return service

    def new_job(self, job_type: str) -> str:
        """A job over a document of its own."""
        document_id = str(uuid4())
        self.query("INSERT INTO documents (document_id, title) VALUES (%s, 'any')", document_id)
        body = {"document_id": document_id, "job_type": job_type}
        return str(self.stack.request("POST", "/jobs", json=body).json()["job_id"])

    def of(self, job_id: str, *names: str) -> list[EventLine]:
        """The events that tell the job's progress, by short name, in the order of their time."""
        return [
            event
            for event in self.stack.events()
            if event.correlation["job_id"] == job_id
            and short(event) not in ASIDE
            and (not names or short(event) in names)
        ]

    def wait_for(self, job_id: str, name: str, attempt: int = 1) -> EventLine:
        def told() -> list[EventLine]:
            return [event for event in self.of(job_id, name) if event.payload["attempt"] == attempt]

        wait_until(lambda: bool(told()), f"{name} of attempt {attempt} is told")
        return told()[0]

    def query(self, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            cursor = connection.execute(statement.encode(), arguments)
            return cursor.fetchall() if cursor.description else []

    def entries(self, job_id: str) -> list[tuple[Any, ...]]:
        """Status and owner of the queue entries that name the job."""
        return self.query(
            "SELECT status::text, worker_id FROM procrastinate_jobs"
            " WHERE args->'carrier'->>'job_id' = %s",
            job_id,
        )

    def end_workers(self) -> None:
        for service in self.started:
            if service.process is not None and service.process.poll() is None:
                service.process.send_signal(signal.SIGCONT)
                service.process.kill()
                service.process.wait()


def assert_every_run_ends_once(told: Sequence[EventLine]) -> None:
    """Assert the lifecycle rules on the events of one job, in the order of their time."""
    told = [event for event in told if short(event) not in ASIDE]
    names = [short(event) for event in told]
    assert names[0] == "job.created"
    assert names.count("job.created") == 1
    assert names.count("job.started") <= names.count("job.retried") + 1
    run_ids = dict.fromkeys(event.correlation["job_run_id"] for event in told)
    for run_id in filter(None, run_ids):
        own = [event for event in told if event.correlation["job_run_id"] == run_id]
        _assert_one_start_one_end([event for event in own if area(event) == "job_run"])
        assert area(own[0]) == area(own[-1]) == "job_run"
        for step in {_step(event) for event in own} - {None}:
            _assert_one_start_one_end([event for event in own if _step(event) == step])
    starts = [event.payload for event in told if short(event) == "job_run.started"]
    for worker in {payload["worker"] for payload in starts}:
        attempts = [payload["attempt"] for payload in starts if payload["worker"] == worker]
        assert attempts == list(range(1, len(attempts) + 1))
    *retried, last = _split(names, "job.retried")
    assert all(_ends(attempt) == ["job.failed"] == attempt[-1:] for attempt in retried)
    assert _ends(last) in ([], last[-1:])


def _split(names: Sequence[str], at: str) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for name in names:
        if name == at:
            parts.append([])
        else:
            parts[-1].append(name)
    return parts


def _ends(names: Sequence[str]) -> list[str]:
    return [name for name in names if name in {f"job.{end}" for end in ENDS}]


def _step(event: EventLine) -> str | None:
    return event.payload.get("layer_name") or event.payload.get("index")


def _assert_one_start_one_end(own: Sequence[EventLine]) -> None:
    [start, end] = own
    assert start.payload["status"] == "started"
    assert end.payload["status"] in ENDS


def short(event: EventLine) -> str:
    return event.event_name.removeprefix("narralytica.")


def area(event: EventLine) -> str:
    return short(event).split(".")[0]


def told_as(event: EventLine) -> tuple[str, object]:
    return short(event), event.payload.get("attempt")


def environment_of(url: str, settings: Mapping[str, str] = TIMING) -> dict[str, str]:
    return {**service_environment(url), **settings}


def kill(service: Service) -> None:
    """Kill a process with SIGKILL."""
    assert service.process is not None
    service.process.kill()
    service.process.wait()


def terminate(service: Service) -> None:
    """Stop a process with SIGTERM, and wait until it has ended."""
    assert service.process is not None
    service.process.terminate()
    service.process.wait(60)
