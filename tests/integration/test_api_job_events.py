"""`GET /jobs/{id}/events`: what a browser's EventSource gets, on a real socket."""

import json
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from api.job_feed import MOST_LISTENERS
from stack.embedded_postgres import embedded_postgres
from store.database import migrate
from tests.integration.lone_api import connected, process_of, running_api
from tests.integration.running_stack import RunningStack, wait_until
from tests.integration.test_api import assert_is_problem
from tests.integration.workshop import terminate

Event = dict[str, str]


@pytest.fixture(scope="module")
def api(lone_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    with running_api(lone_url, tmp_path_factory.mktemp("events")) as running:
        yield running


class Watcher:
    """Reads a stream of events in a thread; `events` and `comments` grow as they come."""

    def __init__(self, api: RunningStack, job_id: str, **headers: str) -> None:
        self.events: list[Event] = []
        self.comments = 0
        self.ended = False
        self.answer: httpx.Response | None = None
        self._url = api.client.base_url.join(f"/jobs/{job_id}/events")
        self._headers = headers
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with httpx.stream("GET", self._url, headers=self._headers, timeout=120) as self.answer:
            for block in blocks(self.answer.iter_text()):
                if block.startswith(":"):
                    self.comments += 1
                else:
                    self.events.append(dict(line.split(": ", 1) for line in block.splitlines()))
        self.ended = True

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """Wait for so many events; return what they say."""
        wait_until(lambda: len(self.events) >= count, f"{count} events come")
        assert {event["event"] for event in self.events} == {"job"}
        return [json.loads(event["data"]) for event in self.events]

    def wait_for_the_end(self) -> None:
        wait_until(lambda: self.ended, "the stream ends")


def blocks(pieces: Iterator[str]) -> Iterator[str]:
    rest = ""
    for piece in pieces:
        *whole, rest = (rest + piece).split("\n\n")
        yield from whole
    assert rest == ""


def test_a_job_is_followed_to_its_end_through_all_workers(stack: RunningStack) -> None:
    job_id = stack.ingest_text("The lamp of the lighthouse was lit.").json()["job_id"]
    watcher = Watcher(stack, job_id)
    watcher.wait_for_the_end()
    told = watcher.wait_for(2)
    assert watcher.answer is not None
    assert watcher.answer.headers["Content-Type"].startswith("text/event-stream")
    assert watcher.answer.headers["Cache-Control"] == "no-cache"
    assert "X-Request-Id" in watcher.answer.headers
    assert [job["status"] for job in told][-1] == "completed"
    assert [run["worker"] for run in told[-1]["runs"]] == [
        "ingest", "transcribe", "diarize", "enrich", "indexer",
    ]  # fmt: skip
    for earlier, later in pairwise(told):
        assert earlier != later
        assert len(earlier["runs"]) <= len(later["runs"])
    assert told[-1] == stack.request("GET", f"/jobs/{job_id}").json()
    viewed = [event for event in stack.events() if event.event_name.endswith("status_viewed")]
    own = watcher.answer.headers["X-Request-Id"]
    assert [event.correlation["request_id"] for event in viewed].count(own) == 1


def test_whoever_comes_back_gets_what_is_new_and_nothing_twice(
    api: RunningStack, lone_url: str
) -> None:
    job_id = new_job(api)
    first = Watcher(api, job_id)
    first.wait_for(1)
    seen = first.events[0]["id"]
    again = Watcher(api, job_id, **{"Last-Event-ID": seen})
    stranger = Watcher(api, job_id, **{"Last-Event-ID": "nonsense"})
    assert stranger.wait_for(1) == first.wait_for(1)

    set_status(lone_url, job_id, "started")
    assert [job["status"] for job in again.wait_for(1)] == ["started"]
    assert [job["status"] for job in first.wait_for(2)] == ["created", "started"]
    set_status(lone_url, job_id, "completed")
    for watcher in (first, again, stranger):
        watcher.wait_for_the_end()
    assert [json.loads(event["data"])["status"] for event in again.events] == [
        "started",
        "completed",
    ]
    # An EventSource comes back when a stream ends; 204 tells it not to.
    last = first.events[-1]["id"]
    answer = api.client.get(f"/jobs/{job_id}/events", headers={"Last-Event-ID": last})
    assert (answer.status_code, answer.content) == (204, b"")
    late = Watcher(api, job_id, **{"Last-Event-ID": seen})
    late.wait_for_the_end()
    assert [event["id"] for event in late.events] == [last]


def test_many_watch_and_the_database_does_not_notice(api: RunningStack, lone_url: str) -> None:
    job_id = new_job(api)
    watchers = [Watcher(api, job_id) for _ in range(60)]
    for watcher in watchers:
        watcher.wait_for(1)
    # The pool has eight connections: none is kept for a listener.
    assert api.client.get("/documents").status_code == 200
    with psycopg.connect(lone_url) as connection:
        [[count]] = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        ).fetchall()
    assert count < 16
    set_status(lone_url, job_id, "failed")
    for watcher in watchers:
        watcher.wait_for_the_end()
        assert watcher.wait_for(2)[-1]["status"] == "failed"


def test_who_goes_away_frees_a_place_and_too_many_are_told(
    api: RunningStack, lone_url: str
) -> None:
    job_id = new_job(api)
    descriptors = len(list((process_of(api) / "fd").iterdir()))
    listeners = [listen(api, job_id) for _ in range(MOST_LISTENERS)]
    refused = api.client.get(f"/jobs/{job_id}/events")
    assert_is_problem(refused, 503)
    assert int(refused.headers["Retry-After"]) > 0
    for listener in listeners:
        listener.close()
    wait_until(lambda: len(list((process_of(api) / "fd").iterdir())) <= descriptors, "all is freed")
    watcher = Watcher(api, job_id)
    watcher.wait_for(1)
    set_status(lone_url, job_id, "failed")
    watcher.wait_for_the_end()


@pytest.fixture
def machine() -> Iterator[Path]:
    # PostgreSQL's own user must be able to enter it.
    with tempfile.TemporaryDirectory(prefix="narralytica-test-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def test_a_stream_outlives_the_absence_of_the_database(machine: Path) -> None:
    with ExitStack() as cleanup:
        with embedded_postgres(machine) as url:
            migrate(url)
            api = cleanup.enter_context(running_api(url, machine))
            job_id = new_job(api)
            watcher = Watcher(api, job_id)
            watcher.wait_for(1)
        wait_until(lambda: api.client.get("/health").status_code == 503, "the database is away")
        assert not watcher.ended
        with embedded_postgres(machine):
            set_status(url, job_id, "started")
            assert watcher.wait_for(2)[-1]["status"] == "started"
            set_status(url, job_id, "completed")
            watcher.wait_for_the_end()
            assert watcher.wait_for(3)[-1]["status"] == "completed"
            cleanup.close()


def test_a_stop_of_the_api_ends_the_streams(lone_url: str, tmp_path: Path) -> None:
    with running_api(lone_url, tmp_path) as api:
        watcher = Watcher(api, new_job(api))
        watcher.wait_for(1)
        terminate(api.services[0])
        watcher.wait_for_the_end()
        logged = [event for event in api.events() if event.event_name.endswith("library.logged")]
        assert logged == []


@pytest.mark.parametrize(("job_id", "status"), [(str(uuid4()), 404), ("nonsense", 422)])
def test_what_is_not_there_cannot_be_watched(api: RunningStack, job_id: str, status: int) -> None:
    assert_is_problem(api.client.get(f"/jobs/{job_id}/events"), status)


def new_job(api: RunningStack) -> str:
    return str(api.client.post("/ingest", json={"text": "A text."}).json()["job_id"])


def set_status(url: str, job_id: str, status: str) -> None:
    """Do to a job what a worker would."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "UPDATE jobs SET status = %(status)s, ended_at = CASE WHEN %(ends)s THEN now() END"
            " WHERE job_id = %(job_id)s",
            {"status": status, "ends": status != "started", "job_id": job_id},
        )


def listen(api: RunningStack, job_id: str) -> socket.socket:
    """Open a stream, and wait for its first event."""
    listener = connected(api)
    listener.sendall(f"GET /jobs/{job_id}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    received = b""
    while b"event: job" not in received:
        piece = listener.recv(1 << 16)
        assert piece, received
        received += piece
    return listener
