"""The application: routes, problem answers, and what they work with."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api.problems import described_problem, install_problem_handlers
from api.routes import documents, health, ingest, jobs, search
from api.services import Services
from embedding import SentenceEmbedder
from product_version import VERSION
from store.database import connection_pool
from store.queue import queue_at


def create_app(url: str, make_embedder: Callable[[], SentenceEmbedder]) -> FastAPI:
    """Return the API over the database at `url`, which it opens when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        pool, queue = connection_pool(url), queue_at(url)
        async with pool, queue.open_async():
            app.state.services = Services(pool=pool, queue=queue, embedder=make_embedder())
            yield

    app = FastAPI(
        title="Narralytica",
        version=VERSION,
        summary="Turns media into searchable layers.",
        lifespan=lifespan,
        responses={"default": described_problem()},
    )
    install_problem_handlers(app)
    for routes in (health, ingest, jobs, documents, search):
        app.include_router(routes.router)
    return app
