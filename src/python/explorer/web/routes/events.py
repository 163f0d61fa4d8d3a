"""`/`: the events, newest first, those that pass a filter."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from explorer.index import FileCoverage, Index
from explorer.web.query import Query, read_query
from explorer.web.rendering import page

PAGE_ROWS = 100
#: The last row of the page before: its time (UTC) and its number.
CURSOR = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?),(\d{1,18})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of the list. `older` is where the next page begins, None on the last one."""

    rows: Sequence[dict[str, Any]]
    total: int
    older: str | None
    coverage: Sequence[FileCoverage]


async def show(request: Request) -> Response:
    """Show the list."""
    now = datetime.now(UTC)
    query = read_query(request.query_params.get("q", ""), now)
    before = _cursor(request.query_params.get("before"))
    lines = await request.app.state.archive.refresh()
    found = await request.app.state.archive.ask(lambda index: _found(index, query, before))
    status = 422 if query.error else 200
    return page(
        "events",
        status,
        here="events",
        query=query,
        found=found,
        newest=before is None,
        lines=lines,
    )


def _cursor(text: str | None) -> tuple[datetime, int] | None:
    if text is None:
        return None
    read = CURSOR.fullmatch(text)
    try:
        return (datetime.fromisoformat(read[1]), int(read[2])) if read else _no_cursor()
    except ValueError:
        return _no_cursor()


def _no_cursor() -> tuple[datetime, int]:
    raise HTTPException(422, "before= is not the place of an event in the list.")


def _found(index: Index, query: Query, before: tuple[datetime, int] | None) -> Found:
    where, parameters = query.condition.sql, list(query.condition.parameters)
    counting = f"SELECT count(*) AS n FROM events WHERE {where}"  # noqa: S608  its values are parameters
    [total] = index.rows(counting, parameters)
    if before is not None:
        where, parameters = f"({where}) AND (occurred_at, row) < (?, ?)", [*parameters, *before]
    rows = index.rows(
        f"SELECT * EXCLUDE (payload) FROM events WHERE {where}"  # noqa: S608  its values are parameters
        f" ORDER BY occurred_at DESC, row DESC LIMIT {PAGE_ROWS + 1}",
        parameters,
    )
    shown = rows[:PAGE_ROWS]
    last = shown[-1] if len(rows) > PAGE_ROWS else None
    return Found(
        rows=shown,
        total=total["n"],
        older=f"{last['occurred_at'].isoformat()},{last['row']}" if last else None,
        coverage=index.coverage(),
    )
