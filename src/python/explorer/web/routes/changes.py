"""`/changes`: says by server-sent events when there is more to show."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from explorer.web.archive import Archive
from explorer.web.query import read_query

POLL_S = 0.5
#: Something is said at least this often, so that a browser that has gone is noticed.
BEAT_S = 15.0


async def stream(request: Request) -> Response:
    """Say so when more events pass the filter `q`, or more lines are invalid, than did `after`.

    That is the number of lines that the page was made from.
    """
    headers = {"Cache-Control": "no-store"}
    return StreamingResponse(_changes(request), media_type="text/event-stream", headers=headers)


async def _changes(request: Request) -> AsyncIterator[str]:
    archive: Archive = request.app.state.archive
    passing = read_query(request.query_params.get("q", ""), datetime.now(UTC)).condition
    sql = (
        "SELECT (SELECT count(*) FROM invalid_lines) AS invalid, count(*) AS events"  # noqa: S608
        f" FROM events WHERE {passing.sql}"
    )
    loop = asyncio.get_running_loop()
    lines, told_s = await archive.refresh(), loop.time()
    numbers = await archive.ask(lambda index: index.rows(sql, passing.parameters))
    yield "retry: 2000\n\n"
    if str(lines) != request.query_params.get("after"):
        yield "data: more\n\n"
    while not request.app.state.stopping():
        await asyncio.sleep(POLL_S)
        if (now_lines := await archive.refresh()) != lines:
            lines = now_lines
            now_numbers = await archive.ask(lambda index: index.rows(sql, passing.parameters))
            if now_numbers != numbers:
                numbers, told_s = now_numbers, loop.time()
                yield "data: more\n\n"
        if loop.time() - told_s > BEAT_S:
            told_s = loop.time()
            yield ": still here\n\n"
