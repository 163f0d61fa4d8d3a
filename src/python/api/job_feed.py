"""Follows jobs for whoever watches them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from api.job_view import JobView, view_of
from store import jobs
from store.database import DATABASE_AWAY, Database

#: How many may watch at once.
MOST_LISTENERS = 500

# How soon a change is seen.
_LOOK_EVERY_S = 0.5


@dataclass(slots=True, eq=False)
class _Listener:
    newest: JobView | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)


class JobFeed:
    """Looks at all watched jobs at once, twice a second, and at nothing while nobody watches.

    However many listeners there are, this takes one connection for the time of two queries. Looking
    needs nothing of those who change jobs, and nothing is missed while the database is away:
    whoever listens gets the job as it is once it is back.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listeners: dict[str, set[_Listener]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many watch now."""
        return sum(len(listeners) for listeners in self._listeners.values())

    def close(self) -> None:
        """Let everybody who watches come to an end."""
        self._closed = True
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.news.set()

    async def watch(self, job_id: str, *, idle_s: float) -> AsyncIterator[JobView | None]:
        """Yield the job, as often as it may have changed, until it ends or the feed is closed.

        Yields None when there was nothing to say for `idle_s`.
        """
        with self._listening(job_id) as listener:
            while not self._closed:
                with suppress(TimeoutError):
                    await asyncio.wait_for(listener.news.wait(), idle_s)
                told = listener.newest if listener.news.is_set() else None
                listener.news.clear()
                yield told
                if told is not None and told.ended_at is not None:
                    return

    @contextmanager
    def _listening(self, job_id: str) -> Iterator[_Listener]:
        listener = _Listener()
        self._listeners.setdefault(job_id, set()).add(listener)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield listener
        finally:
            self._listeners[job_id].discard(listener)
            if not self._listeners[job_id]:
                del self._listeners[job_id]

    async def _look(self) -> None:
        while self._listeners and not self._closed:
            with suppress(*DATABASE_AWAY):
                async with self._database.connection() as connection:
                    found = await jobs.jobs_with_runs(connection, list(self._listeners))
                for job, runs in found:
                    self._tell(view_of(job, runs))
            await asyncio.sleep(_LOOK_EVERY_S)

    def _tell(self, view: JobView) -> None:
        for listener in self._listeners.get(view.job_id, ()):
            if listener.newest != view:
                listener.newest = view
                listener.news.set()
