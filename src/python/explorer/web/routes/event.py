"""`/event/{id}`: one event, all that it says, and the line it stands on."""

import json
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from explorer.index import Index
from explorer.web.rendering import page

#: Before the number of an event that bears no id of its own.
ROW = "row-"
CORRELATION = ("request_id", "job_id", "job_run_id", "trace_id", "span_id")
ACTOR = ("service_name", "service_version", "env", "host")


async def show(request: Request) -> Response:
    """Show the event."""
    row, line = await request.app.state.archive.ask(lambda index: _event(index, _id(request)))
    return page(
        "event",
        here="events",
        row=row,
        correlation={key: row[key] for key in CORRELATION if row[key]},
        actor={key: row[key] for key in ACTOR if row[key]},
        payload=json.loads(row["payload"]),
        line=line.decode(errors="replace"),
    )


async def raw(request: Request) -> Response:
    """Give the line as it stands in its file, as plain text."""
    _, line = await request.app.state.archive.ask(lambda index: _event(index, _id(request)))
    return PlainTextResponse(line, headers={"Cache-Control": "no-store"})


def _id(request: Request) -> str:
    return str(request.path_params["id"])


def _event(index: Index, wanted: str) -> tuple[dict[str, Any], bytes]:
    number = wanted.removeprefix(ROW)
    if number != wanted and number.isascii() and number.isdigit() and len(number) <= 18:
        rows = index.rows("SELECT * FROM events WHERE row = ?", [int(number)])
    else:
        rows = index.rows("SELECT * FROM events WHERE event_id = ?", [wanted])
    if not rows:
        raise HTTPException(404, f"No event here bears the id {wanted}.")
    return rows[0], index.raw(rows[0]["row"])
