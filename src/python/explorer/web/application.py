"""The explorer as an ASGI application, under `/explorer`."""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from explorer.index import Index, IndexBusy
from explorer.web.archive import Archive
from explorer.web.guard import Guard
from explorer.web.rendering import page
from explorer.web.routes import catalogue, changes, contracts, errors, event, events, latency, trace
from explorer.web.stories import Stories

PATH = "/explorer"


def create_app(index: Index, *, stopping: Callable[[], bool]) -> ASGIApp:
    """Return the pages over an index. Answers that go on end once `stopping` returns true."""
    pages = [
        Route("/", events.show),
        Route("/event/{id}", event.show),
        Route("/event/{id}/raw", event.raw),
        Route("/trace", trace.find),
        Route("/trace/{id}", trace.show),
        Route("/errors", errors.show),
        Route("/latency", latency.show),
        Route("/contracts", contracts.show),
        Route("/catalogue", catalogue.show),
        Route("/changes", changes.stream),
        Mount("/static", StaticFiles(packages=[("explorer.web", "static")])),
    ]
    app = Starlette(
        routes=[Route("/", _home), Route(PATH, _home), Mount(PATH, routes=pages)],
        exception_handlers={HTTPException: _problem, IndexBusy: _problem, Exception: _problem},
    )
    app.state.archive = Archive(index)
    app.state.stories = Stories()
    app.state.stopping = stopping
    return Guard(app)


async def _home(request: Request) -> Response:
    return RedirectResponse(f"{PATH}/")


async def _problem(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return page("problem", error.status_code, here="", detail=error.detail)
    if isinstance(error, IndexBusy):
        return page("problem", 503, here="", detail=f"{error}. Load the page again in a moment.")
    return page("problem", 500, here="", detail="This page failed; the explorer's stderr says how.")
