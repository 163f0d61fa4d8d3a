"""`/latency`: how long workers, layers and searches take, over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from explorer.index import Index
from explorer.statistics.groups import groups
from explorer.statistics.selection import extent
from explorer.web.plot import Plot, plots, step
from explorer.web.query import Query, read_query
from explorer.web.rendering import page

#: What is told, by the dimension that it is grouped by, and the field that filters by it.
SECTIONS = (
    ("worker", "Workers", "worker"),
    ("layer", "Layers", "layer_name"),
    ("search", "Searches", "mode"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The plots of one dimension."""

    title: str
    field: str
    plots: Sequence[Plot]


@dataclass(frozen=True, slots=True, kw_only=True)
class Latencies:
    """What the page shows: sections on one axis of time, in spans of `step`."""

    first: datetime
    last: datetime
    step: timedelta
    sections: Sequence[Section]


async def show(request: Request) -> Response:
    """Show the latencies of the events that pass the filter."""
    query = read_query(request.query_params.get("q", ""), datetime.now(UTC))
    if query.error:
        return page("latency", 422, here="latency", query=query)
    lines = await request.app.state.archive.refresh()
    told = await request.app.state.archive.ask(lambda index: _latencies(index, query))
    return page("latency", here="latency", query=query, told=told, lines=lines)


def _latencies(index: Index, query: Query) -> Latencies | None:
    selection = query.selection(index)
    whole = extent(selection)
    if whole.first is None or whole.last is None:
        return None
    span = step(whole.first, whole.last)
    sections = [
        Section(
            title=title,
            field=field,
            plots=plots(groups(selection, by), groups(selection, by, span), span),
        )
        for by, title, field in SECTIONS
    ]
    shown = [section for section in sections if section.plots]
    if not shown:
        return None
    return Latencies(first=whole.first, last=whole.last, step=span, sections=shown)
