"""Workers that are killed one after the other, each a step later than the one before.

A step is what one can be killed in front of: each exchange with the database, so also each commit,
and each line of an event. Its arguments are what they do: the name of a worker (each takes the next
message from its queue, until one gets through with it) or `recover`, and the most steps; or `api`
and a port: it is killed in front of the step that the header Die-At of a request says, and comes
back.

The production code knows nothing of this: the steps are counted from outside, in a process of
their own.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from psycopg import AsyncConnection
from starlette.types import Message, Receive, Scope, Send

import observability as obs
from api.application import create_app
from api.wiring.observability import observed
from embedding import SentenceEmbedder, default_embedder
from observability.sinks.logging_sink import LoggingSink
from product_version import VERSION
from stack.parent_death import signalled_by_parent_death
from store.database import Database, database_url
from store.entries import OwnedEntries
from store.pipeline import WORKERS, Worker
from store.queue import queue_at
from tests.integration.scripted_worker import scripted
from workers.runtime.recovery import Recovery
from workers.runtime.timing import Timing
from workers.runtime.worker import serve

# They notice nothing of one another, and leave all recovery to those that come after them.
DEAF = Timing(heartbeat_s=100, stalled_s=1000, grace_s=1)

# All that the dead have left is lost at once.
IMPATIENT = Timing(heartbeat_s=0.001, stalled_s=0.01, grace_s=0.001)


class Countdown:
    """Kills this process in front of a step, counted from 1 once it is armed."""

    def __init__(self) -> None:
        self._left: int | None = None

    def arm(self, steps: int) -> None:
        if self._left is None:
            self._left = steps

    def step(self) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


class CountedLines:
    """A sink that writes to stdout; each line is a step, once there is a countdown."""

    name = "stdout"

    def __init__(self) -> None:
        self.countdown: Countdown | None = None
        self._stdout = LoggingSink()

    def write(self, line: bytes) -> None:
        if self.countdown is not None:
            self.countdown.step()
        self._stdout.write(line)


LINES = CountedLines()


def count_steps(countdown: Countdown) -> None:
    """Count exchanges with the database and lines of events, in this process alone."""
    wait = AsyncConnection.wait

    async def counted_wait(self: AsyncConnection, *arguments: Any, **named: Any) -> Any:
        countdown.step()
        return await wait(self, *arguments, **named)

    AsyncConnection.wait = counted_wait  # type: ignore[method-assign, assignment]
    LINES.countdown = countdown


def work_and_die(url: str, worker: Worker, steps: int, countdown: Countdown) -> None:
    """Take a message; be killed at it, or end the process once it is worked off."""
    fetch, finish = OwnedEntries.fetch_job, OwnedEntries.finish_job

    async def armed_fetch(self: OwnedEntries, *arguments: Any, **named: Any) -> Any:
        countdown.arm(steps)
        return await fetch(self, *arguments, **named)

    async def last_finish(self: OwnedEntries, *arguments: Any, **named: Any) -> None:
        await finish(self, *arguments, **named)
        os._exit(0)

    OwnedEntries.fetch_job = armed_fetch  # type: ignore[method-assign, assignment]
    OwnedEntries.finish_job = last_finish  # type: ignore[method-assign]
    asyncio.run(serve(url, worker, scripted(worker, Path(), ()), DEAF))


async def recover_and_die(url: str, steps: int, countdown: Countdown) -> None:
    """Recover what the dead have left; be killed at it."""
    database, queue = Database(url), queue_at(url)
    async with database, queue.open_async():
        countdown.arm(steps)
        await Recovery(database, queue, IMPATIENT).once()


def serve_and_die(
    url: str,
    port: int,
    embedder: SentenceEmbedder,
    die_with_parent: Callable[[], None],
    countdown: Countdown,
) -> None:
    """Serve the API, until the step that a request's header Die-At says."""
    app = observed(create_app(url, lambda: embedder))
    obs.configure(service_name="dying-api", service_version=VERSION, sinks=(LINES,))

    async def dying(scope: Scope, receive: Receive, send: Send) -> None:
        async def counted_send(message: Message) -> None:
            countdown.step()
            await send(message)

        for name, value in scope.get("headers", ()):
            if name == b"die-at":
                countdown.arm(int(value))
        await app(scope, receive, counted_send)

    die_with_parent()
    uvicorn.run(dying, port=port, log_config=None, access_log=False)


def killed_at_its_work(work: Callable[[Countdown], None]) -> bool:
    """Let a child work; return whether it was killed at it."""
    child = os.fork()
    if child == 0:
        countdown = Countdown()
        count_steps(countdown)
        work(countdown)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    if not killed and status != 0:
        sys.exit(f"the child ended with the status {status}")
    return killed


def main(what: str, number: int) -> None:
    url = database_url(os.environ)
    obs.configure(service_name=f"dying-{what}", service_version=VERSION, sinks=(LINES,))
    if what == "api":
        die_with_parent = signalled_by_parent_death(signal.SIGTERM)
        assert die_with_parent is not None, "this runs on Linux alone"
        serve = partial(serve_and_die, url, number, default_embedder(), die_with_parent)
        while killed_at_its_work(serve):
            pass
        return
    for steps in range(1, number + 1):
        if not killed_at_its_work(partial(_work, url, what, steps)):
            break
    else:
        steps = number + 1
    sys.stderr.write(f"{steps - 1}\n")


def _work(url: str, what: str, steps: int, countdown: Countdown) -> None:
    for worker in WORKERS:
        if worker == what:
            work_and_die(url, worker, steps, countdown)
    asyncio.run(recover_and_die(url, steps, countdown))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
