"""A running stack, as a client and as a reader of its event lines sees it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from explorer.lines import EventLine, InvalidLine, read_files, without_repeats
from stack.processes import Folders, Service

DEADLINE_S = 120.0


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait until `condition` holds, or fail naming `what` did not happen."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {DEADLINE_S:.0f} s"
        time.sleep(0.05)


@dataclass(frozen=True, kw_only=True)
class RunningStack:
    """What a test may do with the stack; `responses` holds every answer that it got."""

    client: httpx.Client
    services: Sequence[Service]
    folders: Folders
    responses: list[httpx.Response] = field(default_factory=list)

    def request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """Send a request and keep the response."""
        response = self.client.request(method, path, **arguments)
        self.responses.append(response)
        return response

    def ingest_text(self, text: str, **headers: str) -> httpx.Response:
        """Send text through POST /ingest."""
        return self.request("POST", "/ingest", json={"text": text}, headers=headers)

    def finished(self, job_id: str) -> dict[str, Any]:
        """Wait until the job has ended; return what GET /jobs says then."""
        views: list[dict[str, Any]] = []

        def ended() -> bool:
            views.append(self.request("GET", f"/jobs/{job_id}").json())
            return views[-1]["status"] in ("completed", "failed", "cancelled")

        wait_until(ended, f"job {job_id} ends")
        return views[-1]

    def lines(self) -> list[EventLine | InvalidLine]:
        """Return what stands on every line that any service has written so far."""
        return list(read_files(self.folders.event_files()))

    def events(self) -> list[EventLine]:
        """Return the valid events so far, in order, repeats dropped."""
        return without_repeats(line for line in self.lines() if isinstance(line, EventLine))

    def service(self, name: str) -> Service:
        """Return the service of that name."""
        [found] = [service for service in self.services if service.name == name]
        return found
