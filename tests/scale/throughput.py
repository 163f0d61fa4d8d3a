"""How many jobs a second more and more worker machines end."""

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

import httpx

from explorer.check import check_files
from explorer.lines import EventLine, InvalidLine, read_files
from observability import Event
from observability.events import JobRunCompleted, JobRunStarted
from stack.processes import Folders
from store.pipeline import WORKERS
from tests.scale.site import TICK_S, Process, Site, running_site
from tests.scale.usage import Usage, usage

Work = Literal["none", "subtitles"]

READY_S = 180.0
END_S = 240.0

_HELD_BACK = "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour'"
_RELEASED = "UPDATE procrastinate_jobs SET scheduled_at = NULL"
_CONNECTIONS = """
    SELECT host(client_addr), count(*) FROM pg_stat_activity
    WHERE usename = current_user AND client_addr IS NOT NULL GROUP BY 1
"""


class ThroughputError(Exception):
    """The jobs did not end in time, or were told wrongly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput:
    """What came of a run.

    `jobs_per_s` is the rate at which the last workers ended jobs while all of them were at it.
    `connections` are the most that were open at a time: of the API, and of a worker process.
    CPU time is a job's, in milliseconds, from when it is taken up.
    """

    machines: int
    processes: int
    jobs: int
    jobs_per_s: float
    run_p50_ms: float
    workers_cpu_ms: float
    database_cpu_ms: float
    worker_machine_mib: float
    connections: Mapping[str, float]
    load_before: float
    postgres: str


def measured(
    work: Work, *, machines: int, jobs: int, programs: Path | None, folder: Path
) -> Throughput:
    """Let the worker machines end jobs that wait for them already. Raises ThroughputError."""
    load_before = os.getloadavg()[0]
    workers = [
        process
        for number in range(1, machines + 1)
        for process in _workers(work, f"workers-{number}")
    ]
    with running_site(workers=workers, programs=programs, settings={}, folder=folder) as site:
        with site.client() as client:
            _send(work, client, site, jobs)
        site.query(_HELD_BACK)
        site.start_workers()
        _wait_until_ready(site, len(workers))
        before = _usage(site)
        site.query(_RELEASED)
        connections = _wait_until_ended(site)
        after = _usage(site)
        site.stop()
        if check_files(site.folders.event_files()).breaks:
            raise ThroughputError(f"rules were broken: see the lines in {folder}")
        last = len(workers) // machines - 1
        rate, p50_ms = _rate(site.folders, [f"workers-{n}.{last}" for n in range(1, machines + 1)])
        return Throughput(
            machines=machines,
            processes=len(workers),
            jobs=jobs,
            jobs_per_s=rate,
            run_p50_ms=p50_ms,
            workers_cpu_ms=1000
            / jobs
            * sum(after[name].cpu_s - before[name].cpu_s for name in site.worker_machines),
            database_cpu_ms=1000 / jobs * (after["database"].cpu_s - before["database"].cpu_s),
            worker_machine_mib=max(
                after[name].resident_bytes / 2**20 for name in site.worker_machines
            ),
            connections=_by_process(site, connections),
            load_before=load_before,
            postgres=site.postgres.version,
        )


def _workers(work: Work, machine: str) -> Sequence[Process]:
    """Return the processes of a machine; the last one ends the jobs."""
    if work == "none":
        return [Process(machine=machine, module="tests.scale.idle_worker")]
    return [Process(machine=machine, module=f"workers.{worker}") for worker in WORKERS]


def _send(work: Work, client: httpx.Client, site: Site, jobs: int) -> None:
    if work == "none":
        [[document_id]] = site.query(
            "INSERT INTO documents (document_id, title) VALUES (gen_random_uuid(), 'none')"
            " RETURNING document_id::text"
        )
        path, body = "/jobs", {"document_id": document_id, "job_type": "index"}
    else:
        subtitles = (files("stack") / "demo_media" / "interview.vtt").read_text(encoding="utf-8")
        path, body = "/ingest", {"text": subtitles}
    for _ in range(jobs):
        client.post(path, json=body).raise_for_status()


def _wait_until_ready(site: Site, workers: int) -> None:
    deadline_s = time.monotonic() + READY_S
    while site.query("SELECT count(*) FROM procrastinate_workers") != [(workers,)]:
        if time.monotonic() > deadline_s:
            raise ThroughputError(f"the workers were not ready within {READY_S:.0f} s")
        time.sleep(TICK_S)


def _wait_until_ended(site: Site) -> dict[str, int]:
    """Wait for the jobs; return how many connections each address had at most."""
    most: dict[str, int] = {}
    deadline_s = time.monotonic() + END_S
    while not site.wait_until_ended(within_s=0.5):
        if time.monotonic() > deadline_s:
            raise ThroughputError(f"the jobs did not end within {END_S:.0f} s")
        for address, count in site.query(_CONNECTIONS):
            most[address] = max(count, most.get(address, 0))
    return most


def _usage(site: Site) -> dict[str, Usage]:
    return {name: usage(machine) for name, machine in site.machines.items()}


def _by_process(site: Site, connections: Mapping[str, int]) -> dict[str, float]:
    of_workers = [
        connections.get(site.machines[name].address, 0) / len(site.services[name])
        for name in site.worker_machines
    ]
    return {"api": connections[site.machines["api"].address], "worker": max(of_workers)}


def _rate(folders: Folders, last: Sequence[str]) -> tuple[float, float]:
    """Return jobs a second while all of the services `last` were at it, and their runs' median."""
    lines = [list(read_files([folders.events / f"{name}.jsonl"])) for name in last]
    starts = [_of(told, JobRunStarted) for told in lines]
    ends = [end for told in lines for end in _of(told, JobRunCompleted)]
    began, ended = max(map(min, map(_times, starts))), min(map(max, map(_times, starts)))
    within = sum(began < at <= ended for at in _times(ends))
    latencies = sorted(float(end.payload["latency_ms"]) for end in ends)
    return within / (ended - began), latencies[len(latencies) // 2]


def _of(lines: Iterable[EventLine | InvalidLine], kind: type[Event]) -> list[EventLine]:
    return [
        line for line in lines if isinstance(line, EventLine) and line.event_name == kind.event_name
    ]


def _times(events: Iterable[EventLine]) -> list[float]:
    return [event.occurred_at.timestamp() for event in events]
