"""Workers are killed in front of every step: each of their runs still ends exactly once."""

from collections import Counter
from pathlib import Path
from uuid import uuid4

import httpx

from explorer.lines import EventLine
from stack.launch import free_port, wait_until_healthy
from stack.processes import Service
from tests.integration.running_stack import wait_until
from tests.integration.workshop import (
    Workshop,
    assert_every_run_ends_once,
    environment_of,
    short,
    terminate,
)

# More of each kind than a run has steps.
JOBS = 100
RECOVERIES = 60


def test_wherever_workers_are_killed_every_run_ends_once(
    workshop: Workshop, tmp_path: Path
) -> None:
    jobs = [workshop.new_job(kind) for kind in ("enrich", "index") for _ in range(JOBS)]
    # Start, the layer's start and end, the run's end: each several statements and lines.
    for worker in ("enrich", "indexer"):
        assert 0 < _killed(workshop, worker, JOBS) < JOBS
    assert _killed(workshop, "recover", RECOVERIES) == RECOVERIES
    workshop.start("enrich", tmp_path)
    workshop.start("indexer", tmp_path)
    wait_until(lambda: _statuses(workshop) == {"completed": len(jobs)}, "all jobs are completed")
    wait_until(lambda: workshop.query("SELECT 1 FROM outbox") == [], "all events are written")
    wait_until(
        lambda: workshop.query("SELECT 1 FROM procrastinate_jobs") == [], "the queue is empty"
    )

    events = workshop.stack.events()
    for job_id in jobs:
        own = [event for event in events if event.correlation["job_id"] == job_id]
        assert_every_run_ends_once(own)
        assert short(own[-1]) == "job.completed"
    assert _ends_told(events) == _ends_kept(workshop)


def test_wherever_the_api_is_killed_a_repeated_request_is_accepted_once(
    workshop: Workshop, tmp_path: Path
) -> None:
    port = free_port()
    api = Service(
        name="dying-api",
        module="tests.integration.dying_workers",
        arguments=("api", str(port)),
        environment=environment_of(workshop.url),
        folders=workshop.stack.folders,
    )
    api.start()
    workshop.started.append(api)
    before, accepted = _jobs(workshop), list[str]()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        killed = True
        while killed:
            headers = {"Idempotency-Key": str(uuid4())}
            wait_until_healthy(client, [api])
            try:
                fatal = {"Die-At": str(len(accepted) + 1)}
                answer = _ingest(client, {**headers, **fatal})
                killed = False
            except httpx.TransportError:
                wait_until_healthy(client, [api])
                answer = _ingest(client, headers)
            accepted.append(answer.json()["job_id"])
    terminate(api)
    assert len(accepted) > 15
    assert len(set(accepted)) == len(accepted)
    assert _jobs(workshop) - before == set(accepted)

    workshop.start("ingest", tmp_path)
    wait_until(lambda: workshop.query("SELECT 1 FROM outbox") == [], "all events are written")
    assert all(len(workshop.of(job_id, "job.created")) == 1 for job_id in accepted)


def _jobs(workshop: Workshop) -> set[str]:
    return {job_id for (job_id,) in workshop.query("SELECT job_id::text FROM jobs")}


def _ingest(client: httpx.Client, headers: dict[str, str]) -> httpx.Response:
    answer = client.post("/ingest", json={"text": "A text."}, headers=headers)
    assert answer.status_code == 202
    return answer


def _killed(workshop: Workshop, what: str, most: int) -> int:
    """Let workers die, each a step later; return how many did before one got through."""
    service = Service(
        name=f"dying-{what}",
        module="tests.integration.dying_workers",
        arguments=(what, str(most)),
        environment=environment_of(workshop.url),
        folders=workshop.stack.folders,
    )
    service.start()
    workshop.started.append(service)
    assert service.process is not None
    log = workshop.stack.folders.logs / f"{service.name}.log"
    assert service.process.wait(120) == 0, log.read_text()
    return int(log.read_text().splitlines()[-1])


def _statuses(workshop: Workshop) -> dict[str, int]:
    return dict(workshop.query("SELECT status, count(*) FROM jobs GROUP BY status"))


def _ends_told(events: list[EventLine]) -> Counter[tuple[str, str]]:
    return Counter(
        (str(event.correlation["job_run_id"]), event.payload["status"])
        for event in events
        if short(event) in ("job_run.completed", "job_run.failed")
    )


def _ends_kept(workshop: Workshop) -> Counter[tuple[str, str]]:
    return Counter(
        (str(job_run_id), status)
        for job_run_id, status in workshop.query("SELECT job_run_id, status FROM job_runs")
    )
