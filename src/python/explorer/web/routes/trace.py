"""`/trace/{id}`: the whole story of a request, job, job run, trace or event, as a waterfall."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from explorer.index import Index, Match
from explorer.trace.span import Span
from explorer.web.rendering import growing_page, page
from explorer.web.timeline import Row
from explorer.web.tree import narrowed, page_of, page_with
from explorer.web.verdict import findings, outcome

MOST_FINDINGS = 12
MOST_EVENTS = 200
NUMBER = re.compile(r"[0-9]{1,9}")
MOST_ROWS_WATCHED = 8
#: How a span's own events are found, beside by its id.
OWN_EVENTS = {
    "request": "request_id = ? AND job_id IS NULL",
    "job": "job_id = ? AND job_run_id IS NULL",
    "run": "job_run_id = ? AND layer_name IS NULL AND index_name IS NULL",
    "layer": "job_run_id = ? AND layer_name = ?",
    "index": "job_run_id = ? AND index_name = ?",
    "search": "request_id = ? AND area = 'search'",
}


async def find(request: Request) -> Response:
    """Lead to the story of the id that begins like `id`, or let somebody choose."""
    wanted = request.query_params.get("id", "").strip().lower()
    if not wanted:
        raise HTTPException(404, "Give an id, or the beginning of one.")
    matches = await request.app.state.archive.ask(lambda index: index.matches(wanted))
    if len({match.identifier for match in matches}) == 1:
        return RedirectResponse(f"trace/{quote(matches[0].identifier)}", 303)
    return _candidates(wanted, matches)


async def show(request: Request) -> Response:
    """Show the story. The beginning of an id is enough when no other id begins like it."""
    wanted = str(request.path_params["id"]).lower()
    matches = await request.app.state.archive.ask(lambda index: index.matches(wanted))
    if len({match.identifier for match in matches}) != 1:
        return _candidates(wanted, matches)
    match = matches[0]
    return growing_page("trace", {"here": "", "match": match}, "story", _contents(request, match))


async def _contents(request: Request, match: Match) -> dict[str, Any]:
    archive, given = request.app.state.archive, request.query_params
    story = request.app.state.stories.story
    lines = await archive.refresh()
    told = await archive.ask(partial(story, match.identifier, lines))
    key, find, number = given.get("span"), given.get("find", "").strip(), given.get("page", "")
    rows: Sequence[Row] = told.line.rows
    selected = next((row for row in rows if row.key == key), None)
    shown = narrowed(rows, find) if find else rows
    found = findings(rows)
    return {
        "match": match,
        "lines": lines,
        "line": told.line,
        "events": told.events,
        "selected": selected,
        "selected_events": await archive.ask(partial(_own_events, selected)) if selected else (),
        "page": page_of(shown, int(number) if NUMBER.fullmatch(number) else page_with(shown, key)),
        "find": find,
        "now": datetime.now(UTC),
        "outcome": outcome(rows),
        "findings": found[:MOST_FINDINGS],
        "more_findings": len(found[MOST_FINDINGS:]),
        "sums": _sums(rows),
        "filter": _filter(rows, match),
    }


def _candidates(wanted: str, matches: Sequence[Match]) -> Response:
    status = 300 if matches else 404
    return page("candidates", status, here="", wanted=wanted, matches=matches)


def _own_events(row: Row, index: Index) -> Sequence[dict[str, Any]]:
    span = row.span
    around = row.parent.span.identifier if row.parent else None
    parameters: list[object] = [span.identifier or around]
    if span.kind in ("layer", "index"):
        parameters.append(span.name.removeprefix("index ") if span.kind == "index" else span.name)
    return index.rows(
        "SELECT * EXCLUDE (payload) FROM events"  # noqa: S608  constants alone
        f" WHERE {OWN_EVENTS[span.kind]} ORDER BY occurred_at, event_id LIMIT {MOST_EVENTS}",
        parameters,
    )


def _sums(rows: Sequence[Row]) -> dict[str, float | int]:
    """Return how the time went, in seconds, and how many attempts there were."""
    runs = [row.span for row in rows if row.span.kind == "run"]

    def waited(cause: str) -> float:
        return sum(run.waited_s or 0 for run in runs if run.waited_for == cause)

    return {
        "work": sum(run.duration_s or 0 for run in runs),
        "queue": waited("queue"),
        "retry": waited("retry"),
        "attempts": len(runs),
        "failed": sum(run.status == "failed" for run in runs),
    }


def _filter(rows: Sequence[Row], match: Match) -> str:
    """Return a filter that lets through what happened in the story."""
    spans: list[Span] = [row.span for row in rows if row.span.kind in ("request", "job")]
    if 0 < len(spans) <= MOST_ROWS_WATCHED:
        return " OR ".join(f"{span.kind}_id:{span.identifier}" for span in spans if span.identifier)
    return f"{match.kind}_id:{match.identifier}"
