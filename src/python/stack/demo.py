"""The demonstration: real media through the whole product, and the story that its events tell."""

import contextlib
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from explorer.check import check_files, told
from explorer.lines import EventLine, read_files, without_repeats
from explorer.trace import Span, build, uncorrelated, waterfall
from stack.embedded_postgres import embedded_postgres
from stack.launch import free_port, wait_until_healthy
from stack.processes import Folders, Service, running_services
from store.pipeline import WORKERS

MODES = ("lexical", "vector", "hybrid")
ENDED = ("completed", "failed")
POLL_SECONDS = 0.5

DEMO_MEDIA = ("recording.wav", "interview.vtt")
DEMO_QUERY = "what you can do for your country"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the demonstration did: the requests it made, and how its jobs ended."""

    ingest_requests: tuple[str, ...]
    search_requests: tuple[str, ...]
    jobs_completed: bool


def run_demo(console: Console, given: Sequence[Path], query: str | None) -> bool:
    """Run the demonstration; return whether everything went well and was told correctly.

    Leaves nothing behind: processes and the temporary folder go, whatever happens.
    """
    with tempfile.TemporaryDirectory(prefix="narralytica-") as folder, _media(given) as media:
        data_dir = Path(folder)
        # The database's own system user has to pass through; nobody else can list or read it.
        data_dir.chmod(0o711)
        folders = Folders.below(data_dir)
        console.print("Starting PostgreSQL, the API and five workers …")
        port = free_port()
        with (
            embedded_postgres(data_dir) as url,
            running_services(url, folders, port=port) as services,
            httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
        ):
            wait_until_healthy(client, services)
            outcome = _use(console, client, services, media, query or DEMO_QUERY)
        return tell(console, folders, outcome)


@contextlib.contextmanager
def _media(given: Sequence[Path]) -> Iterator[Sequence[Path]]:
    if given:
        yield given
        return
    with contextlib.ExitStack() as stack:
        from importlib.resources import as_file

        folder = files("stack") / "demo_media"
        yield [stack.enter_context(as_file(folder / name)) for name in DEMO_MEDIA]


def _use(
    console: Console,
    client: httpx.Client,
    services: Sequence[Service],
    media: Sequence[Path],
    query: str,
) -> Outcome:
    accepted = [_ingest(console, client, path) for path in media]
    statuses = _wait(console, client, services, [job_id for _, job_id in accepted])
    searches = [_search(console, client, mode, query) for mode in MODES]
    return Outcome(
        ingest_requests=tuple(request_id for request_id, _ in accepted),
        search_requests=tuple(searches),
        jobs_completed=all(status == "completed" for status in statuses),
    )


def _ingest(console: Console, client: httpx.Client, path: Path) -> tuple[str, str]:
    with path.open("rb") as file:
        response = client.post("/ingest", files={"file": (path.name, file)})
    response.raise_for_status()
    job_id = response.json()["job_id"]
    console.print(f"POST /ingest {path.name} → {response.status_code}, job {job_id}")
    return response.headers["X-Request-Id"], job_id


def _wait(
    console: Console, client: httpx.Client, services: Sequence[Service], job_ids: Sequence[str]
) -> list[str]:
    """Poll the jobs until each has ended, telling every change; return their last statuses."""
    shown: dict[str, str] = {}
    jobs = [_job(client, job_id) for job_id in job_ids]
    while True:
        for number, job in enumerate(jobs, start=1):
            progress = _progress(job)
            if shown.get(job["job_id"]) != progress:
                shown[job["job_id"]] = progress
                console.print(f"  job {number}: {progress}")
        if all(job["status"] in ENDED for job in jobs):
            return [job["status"] for job in jobs]
        time.sleep(POLL_SECONDS)
        for service in services:
            service.keep_running()
        jobs = [_job(client, job_id) for job_id in job_ids]


def _job(client: httpx.Client, job_id: str) -> dict[str, Any]:
    response = client.get(f"/jobs/{job_id}")
    response.raise_for_status()
    job: dict[str, Any] = response.json()
    return job


def _progress(job: dict[str, Any]) -> str:
    done = {run["worker"] for run in job["runs"] if run["status"] == "completed"}
    bar = " → ".join(f"{worker} ✓" if worker in done else worker for worker in WORKERS)
    return f"{job['status']:<9}  {bar}"


def _search(console: Console, client: httpx.Client, mode: str, query: str) -> str:
    response = client.get("/search", params={"q": query, "mode": mode, "limit": 3})
    response.raise_for_status()
    hits = response.json()["results"]
    console.print(f"GET /search mode={mode} → {len(hits)} results")
    for hit in hits[:1]:
        found = f"    {hit['title']}: {hit['text']}"
        console.print(found, markup=False, highlight=False, soft_wrap=True)
    return str(response.headers["X-Request-Id"])


def tell(console: Console, folders: Folders, outcome: Outcome) -> bool:
    """Print the stories from the event lines alone; return whether they are whole and correct."""
    lines = read_files(folders.event_files())
    events = without_repeats(line for line in lines if isinstance(line, EventLine))
    verdict = check_files(folders.event_files())
    faults = [told(broken) for broken in verdict.breaks]
    stories = {root.identifier: root for root in build(events)}
    console.print()
    for request_id in (*outcome.ingest_requests, *outcome.search_requests):
        story = stories.get(request_id)
        if story is None:
            faults.append(f"request {request_id} has no story of its own")
            continue
        for row in waterfall([story], now=datetime.now(UTC), width=console.width):
            console.print(row, soft_wrap=True)
        console.print()
        faults += _faults(events, story, ingests=request_id in outcome.ingest_requests)
    console.print(
        f"{verdict.lines} event lines, {len(verdict.breaks)} rules broken, {len(faults)} faults"
    )
    for fault in faults:
        console.print(fault, style="red", markup=False)
    return outcome.jobs_completed and not faults


def _faults(events: Sequence[EventLine], request: Span, *, ingests: bool) -> list[str]:
    """Return what a healthy request's story lacks."""
    faults = [
        f"{event.event_name} of {event.service_name} is not correlated: {event.event_id}"
        for event in uncorrelated(events, request)
    ]
    jobs = [child for child in request.children if child.kind == "job"]
    searches = [child for child in request.children if child.kind == "search"]
    if ingests and [sorted({run.name for run in job.children}) for job in jobs] != [
        sorted(WORKERS)
    ]:
        faults.append(f"request {request.identifier} was not told by all five workers")
    if not ingests and len(searches) != 1:
        faults.append(f"request {request.identifier} tells of {len(searches)} searches, not one")
    return faults
