"""`GET /jobs/{job_id}/events`: a job's progress, as it happens."""

import hashlib
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Response
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from starlette.exceptions import HTTPException

from api import examples
from api.described import problems
from api.job_feed import MOST_LISTENERS, JobFeed
from api.job_view import NO_SUCH_JOB, JobId, JobView
from api.services import ContextOf, ServicesOf
from api.steer import viewed_job

router = APIRouter(tags=["jobs"])

# Proxies close connections on which nothing comes for a minute or so.
_KEEPALIVE_S = 15.0

LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        description="the id of the last event that you have; it is not sent again",
        examples=["0b8e1c6d94f2a735"],
    ),
]


# Of each event (OpenAPI 3.1 has no word for a stream).
EVENT = {
    "type": "object",
    "required": ["event", "data", "id"],
    "properties": {
        "event": {"const": "job"},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {"$ref": "#/components/schemas/JobView"},
        },
        "id": {"type": "string"},
    },
}


@router.get(
    "/jobs/{job_id}/events",
    summary="Watch my job",
    response_class=Response,  # which it is, FastAPI cannot know
    responses={
        200: {
            "description": "Server-sent events named `job`, until the job ends. The `data` of each "
            "is the job as GET /jobs/{job_id} answers it; a comment comes every 15 seconds.",
            "content": {
                "text/event-stream": {
                    "schema": EVENT,
                    "example": examples.JOB_EVENT,
                }
            },
        },
        204: {"description": "The job has ended, and you have its last event: do not come back."},
        **problems({404: NO_SUCH_JOB, 503: "Too many watch jobs now: ask GET /jobs/{job_id}."}),
    },
)
async def watch(
    job_id: JobId, services: ServicesOf, ctx: ContextOf, last_event_id: LastEventId = None
) -> Response:
    """Tell how the job stands now, then each time that its status or one of its runs changes.

    Every event holds all that there is to know: whoever missed some has lost nothing.
    """
    if services.feed.listeners >= MOST_LISTENERS:
        raise HTTPException(
            503, f"Too many watch jobs now: ask GET /jobs/{job_id}.", {"Retry-After": "30"}
        )
    view = await viewed_job(services, ctx, str(job_id))
    if view.ended_at is not None and _event_id(view) == last_event_id:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    return EventSourceResponse(
        _stream(services.feed, view, last_event_id),
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


async def _stream(feed: JobFeed, view: JobView, last_event_id: str | None) -> AsyncIterator[bytes]:
    sent = last_event_id
    if _event_id(view) != sent:
        sent = _event_id(view)
        yield _event(view)
    if view.ended_at is not None:
        return
    async for newer in feed.watch(view.job_id, idle_s=_KEEPALIVE_S):
        if newer is None:
            yield KEEPALIVE_COMMENT
        elif _event_id(newer) != sent:
            sent = _event_id(newer)
            yield _event(newer)


def _event(view: JobView) -> bytes:
    return format_sse_event(event="job", id=_event_id(view), data_str=view.model_dump_json())


def _event_id(view: JobView) -> str:
    """Return a name for what the event says: two that say the same have the same."""
    return hashlib.sha256(view.model_dump_json().encode()).hexdigest()[:16]
