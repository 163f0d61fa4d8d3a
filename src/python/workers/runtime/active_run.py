"""One attempt of one worker at a job, while it goes on."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from psycopg import AsyncConnection

import observability as obs
from store.database import Database
from store.model import Job

#: What a job run changes in the tables, applied in the transaction that ends it.
Effect = Callable[[AsyncConnection], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveRun:
    """A job run that has started: `told` is what its events say of it."""

    database: Database
    job: Job
    job_run_id: str
    told: obs.JobRun


#: The work of one of the five workers: reads what it needs, computes, and returns its effect.
#: It must not block the event loop, since that would stop the heartbeat.
Handler = Callable[[ActiveRun], Awaitable[Effect]]
