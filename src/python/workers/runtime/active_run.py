"""One attempt of one worker at a job, while it goes on."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

import observability as obs
from store.model import Job
from store.pipeline import Worker

#: What a job run changes in the tables, applied in the transaction that ends it.
Effect = Callable[[AsyncConnection], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveRun:
    """A job run that has started. `ctx` is its context, `started_s` a monotonic time in seconds."""

    pool: AsyncConnectionPool
    ctx: obs.ObsContext
    job: Job
    job_run_id: str
    worker: Worker
    attempt: int
    started_s: float = field(default_factory=time.monotonic)

    def elapsed_ms(self) -> float:
        """Return the milliseconds since the run started."""
        return 1000 * (time.monotonic() - self.started_s)


#: The work of one of the five workers: reads what it needs, computes, and returns its effect.
#: It must not block the event loop, since that would stop the heartbeat.
Handler = Callable[[ActiveRun], Awaitable[Effect]]
