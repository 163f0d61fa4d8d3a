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
    """Tell how many events pass the filter `q`, whenever the number has changed."""
    headers = {"Cache-Control": "no-store"}
    return StreamingResponse(_numbers(request), media_type="text/event-stream", headers=headers)


async def _numbers(request: Request) -> AsyncIterator[str]:
    archive: Archive = request.app.state.archive
    passing = read_query(request.query_params.get("q", ""), datetime.now(UTC)).condition
    sql = f"SELECT count(*) AS n FROM events WHERE {passing.sql}"  # noqa: S608  its values are parameters
    loop = asyncio.get_running_loop()
    lines, told, told_s = -1, -1, loop.time()
    yield "retry: 2000\n\n"
    while not request.app.state.stopping():
        number = told
        if (now_lines := await archive.refresh()) != lines:
            lines = now_lines
            [row] = await archive.ask(lambda index: index.rows(sql, passing.parameters))
            number = row["n"]
        if number != told:
            told, told_s = number, loop.time()
            yield f"data: {told}\n\n"
        elif loop.time() - told_s > BEAT_S:
            told_s = loop.time()
            yield ": still here\n\n"
        await asyncio.sleep(POLL_S)
