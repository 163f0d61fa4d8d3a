"""`/errors`: what fails, where, since when, and whom it touches."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from explorer.statistics.errors import ErrorGroup, errors
from explorer.web.query import read_query, written
from explorer.web.rendering import page

MOST_GROUPS = 200


async def show(request: Request) -> Response:
    """Show the errors among the events that pass the filter."""
    now = datetime.now(UTC)
    query = read_query(request.query_params.get("q", ""), now)
    if query.error:
        return page("errors", 422, here="errors", query=query)
    lines = await request.app.state.archive.refresh()
    groups = await request.app.state.archive.ask(lambda index: errors(query.selection(index)))
    shown = [(group, _filter(group)) for group in groups[:MOST_GROUPS]]
    most = max((group.count for group in groups), default=1)
    return page(
        "errors",
        here="errors",
        query=query,
        groups=shown,
        total=len(groups),
        most=most,
        now=now,
        lines=lines,
    )


def _filter(group: ErrorGroup) -> str:
    """Return a filter that lets the errors of a group through."""
    return written(
        error_type=group.error_type,
        event_name=group.event_name,
        worker=group.worker,
        layer_name=group.layer_name,
        service_name=group.service_name,
    )
