"""One small FastAPI application, four times: without, and with, what gives requests their ids."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import FastAPI
from starlette.types import ASGIApp

import observability as obs
from api.middleware.request_context import RequestContextMiddleware

PATH = "/search"


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An application to serve, and how many event lines each answer of it brings."""

    label: str
    make: Callable[[], ASGIApp]
    answers_with_id: bool = True
    events: int = 0


def bare() -> FastAPI:
    """Answer with a small JSON document."""
    app = FastAPI()

    @app.get(PATH)
    async def search() -> dict[str, int]:
        return {"results_count": 10}

    return app


def correlation_id() -> ASGIApp:
    """Add asgi-correlation-id as its readme does."""
    app = bare()
    app.add_middleware(CorrelationIdMiddleware)
    return app


def request_context() -> ASGIApp:
    """Wrap the application in our middleware, which has nothing to tell of it."""
    _configure()
    return RequestContextMiddleware(bare())


def request_context_with_event() -> ASGIApp:
    """Wrap the application in our middleware; it tells one event a request."""
    _configure()
    app = FastAPI()

    @app.get(PATH)
    async def search() -> dict[str, int]:
        obs.emit(
            obs.events.SearchExecuted(
                mode="hybrid",
                results_count=10,
                latency_ms=12.345,
                backend_latency_ms=8.125,
                query_length=24,
            )
        )
        return {"results_count": 10}

    return RequestContextMiddleware(app)


def _configure() -> None:
    obs.configure(service_name="api", service_version="1.0.0")


APPLICATIONS: Mapping[str, Application] = {
    "bare": Application(label="no middleware", make=bare, answers_with_id=False),
    "asgi-correlation-id": Application(label="asgi-correlation-id", make=correlation_id),
    "ours": Application(label="ours, no event", make=request_context),
    "ours-event": Application(
        label="ours, one validated event a request", make=request_context_with_event, events=1
    ),
}
