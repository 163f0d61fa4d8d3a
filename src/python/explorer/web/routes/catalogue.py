"""`/catalogue`: every event of the contracts, and how often it was told."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from explorer.index import Index
from explorer.web.catalogue import declared_events
from explorer.web.rendering import page


async def show(request: Request) -> Response:
    """Show the catalogue."""
    told = await request.app.state.archive.ask(_told)
    events = declared_events()
    areas = [(area, list(group)) for area, group in groupby(events, lambda event: event.area)]
    return page("catalogue", here="catalogue", areas=areas, told=told, now=datetime.now(UTC))


def _told(index: Index) -> Mapping[str, dict[str, Any]]:
    sql = "SELECT event_name, count(*) AS n, max(occurred_at) AS last FROM events GROUP BY ALL"
    return {row["event_name"]: row for row in index.rows(sql)}
