"""The application: routes, problem answers, and what they work with."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial

from fastapi import FastAPI

from api.access.key_ring import KeyRing, KeysUnknown
from api.access.limits import DEFAULTS, Group, Limit
from api.access.middleware import AccessMiddleware
from api.access.openapi import describe_access
from api.described import describe
from api.job_feed import JobFeed
from api.middleware.body_limit import BodyLimitMiddleware
from api.problems import install_problem_handlers
from api.routes import documents, health, ingest, job_events, jobs, search
from api.services import Services
from api.settings import MAX_UPLOAD_BYTES
from embedding import SentenceEmbedder
from product_version import VERSION
from store.database import Database
from store.queue import queue_at


def create_app(
    url: str,
    make_embedder: Callable[[], SentenceEmbedder],
    *,
    limits: Mapping[Group, Limit] = DEFAULTS,
    max_upload_bytes: int = MAX_UPLOAD_BYTES,
) -> FastAPI:
    """Return the API over the database at `url`, which it opens when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database, queue = Database(url), queue_at(url)
        async with database, queue.open_async():
            app.state.services = Services(
                database=database, queue=queue, embedder=make_embedder(), feed=JobFeed(database)
            )
            app.state.key_ring = KeyRing(database)
            with suppress(KeysUnknown):  # requests ask again
                await app.state.key_ring.keys()
            yield

    app = FastAPI(
        title="Narralytica",
        version=VERSION,
        summary="Turns media into searchable layers.",
        lifespan=lifespan,
    )
    install_problem_handlers(app)
    app.add_middleware(BodyLimitMiddleware, most_bytes=partial(ingest.most_bytes, max_upload_bytes))
    # Added last, it comes first: nobody else's body is looked at.
    app.add_middleware(AccessMiddleware, limits=limits)
    for routes in (health, ingest, jobs, job_events, documents, search):
        app.include_router(routes.router)
    describe(app)
    describe_access(app)
    return app
