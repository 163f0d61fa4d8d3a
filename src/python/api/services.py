"""What the routes work with, opened when the application starts."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

import observability as obs
from api.job_feed import JobFeed
from embedding import SentenceEmbedder
from store.database import Database
from store.queue import Queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The database, the queue, the model that embeds queries, and what follows jobs."""

    database: Database
    queue: Queue
    embedder: SentenceEmbedder
    feed: JobFeed


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _context(request: Request) -> obs.ObsContext:
    ctx: obs.ObsContext = request.state.obs
    return ctx


ServicesOf = Annotated[Services, Depends(_services)]
ContextOf = Annotated[obs.ObsContext, Depends(_context)]
