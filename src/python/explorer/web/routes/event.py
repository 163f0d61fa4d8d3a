"""`/event/{id}`: one event, all that it says, and the line it stands on."""

import json
import re
from contextlib import suppress
from functools import partial
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from explorer.index import Index, LineGone
from explorer.web.rendering import NOBODY_KEEPS, page

#: Before the number of an event that bears no id of its own.
ROW = "row-"
NUMBER = re.compile(r"[0-9]{1,18}")
CORRELATION = ("request_id", "job_id", "job_run_id", "trace_id", "span_id")
ACTOR = ("service_name", "service_version", "env", "host")


async def show(request: Request) -> Response:
    """Show the event."""
    archive, wanted = request.app.state.archive, str(request.path_params["id"])
    row = await archive.ask(partial(_event, wanted))
    line = await archive.ask(partial(_line, row["row"]))
    return page(
        "event",
        here="events",
        row=row,
        correlation={key: row[key] for key in CORRELATION if row[key]},
        actor={key: row[key] for key in ACTOR if row[key]},
        payload=json.loads(row["payload"]),
        line=None if line is None else line.decode(errors="replace"),
    )


async def raw(request: Request) -> Response:
    """Give a line as it stands in its file, as plain text. It may be an invalid one."""
    archive, wanted = request.app.state.archive, str(request.path_params["id"])
    number = _number(wanted)
    if number is None:
        number = (await archive.ask(partial(_event, wanted)))["row"]
    line = await archive.ask(partial(_line, number))
    if line is None:
        raise HTTPException(404, "The line is gone: its file was removed, or has changed.")
    return PlainTextResponse(line, headers=NOBODY_KEEPS)


def _number(wanted: str) -> int | None:
    number = wanted.removeprefix(ROW)
    return int(number) if number != wanted and NUMBER.fullmatch(number) else None


def _event(wanted: str, index: Index) -> dict[str, Any]:
    number = _number(wanted)
    column, value = ("event_id", wanted) if number is None else ("row", number)
    rows = index.rows(f"SELECT * FROM events WHERE {column} = ?", [value])  # noqa: S608
    if not rows:
        raise HTTPException(404, f"No event here bears the id {wanted}.")
    return rows[0]


def _line(number: int, index: Index) -> bytes | None:
    with suppress(LineGone):
        return index.raw(number)
    return None
