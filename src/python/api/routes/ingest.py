"""`POST /ingest`."""

import re
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Scope

from api.accept import AcceptedJob, accept_media
from api.repeats import IdempotencyKey
from api.services import ContextOf, ServicesOf
from api.text import StorableText, shown
from api.upload import received, require_media
from store.documents import CHUNK_BYTES

router = APIRouter(tags=["jobs"])

UPLOAD_TYPE = "multipart/form-data"
MOST_JSON_BYTES = 32 << 20
LONGEST_TITLE = 500
UNTITLED = "untitled"


class TextBody(BaseModel):
    """A transcript, subtitles or any other text, given in the request itself."""

    text: StorableText = Field(min_length=1, description="plain text, WebVTT or SRT")
    title: StorableText = Field(default=UNTITLED, min_length=1, max_length=LONGEST_TITLE)


BODIES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "audio, video, WebVTT, SRT or plain text",
                        },
                        "title": {"type": "string", "description": "default: the file's name"},
                    },
                }
            },
            "application/json": {"schema": TextBody.model_json_schema()},
        },
    }
}


def most_bytes(max_upload_bytes: int, scope: Scope) -> int:
    """Return how long the body of a request may be, by its ASGI scope.

    An upload goes to disk. Every other body stands in memory.
    """
    content_type = Headers(scope=scope).get("content-type", "")
    uploads = scope["path"] == "/ingest" and _media_type(content_type) == UPLOAD_TYPE
    return max_upload_bytes if uploads else min(max_upload_bytes, MOST_JSON_BYTES)


@router.post(
    "/ingest",
    status_code=202,
    openapi_extra=BODIES,
    summary="Turn a recording, subtitles or text into searchable layers",
)
async def ingest(
    request: Request,
    response: Response,
    services: ServicesOf,
    ctx: ContextOf,
    idempotency_key: IdempotencyKey = None,
) -> AcceptedJob:
    """Accept media for the whole pipeline; what it is, is found out from its bytes."""
    content_type = request.headers.get("content-type", "")
    media_type = _media_type(content_type)
    if media_type == "application/json":
        body = await _text(request)
        content = body.text.encode()
        require_media(content)
        accepted = await accept_media(
            services,
            ctx,
            title=_title(body.title),
            chunks=_pieces(content),
            key=idempotency_key,
        )
    elif media_type == UPLOAD_TYPE:
        async with received(content_type, request.stream()) as upload:
            accepted = await accept_media(
                services,
                ctx,
                title=_title(upload.fields.get("title"), _base_name(upload.file_name)),
                chunks=upload.chunks(),
                key=idempotency_key,
            )
    else:
        raise HTTPException(
            415, "Send multipart/form-data with the part file, or application/json with text."
        )
    response.headers["Location"] = f"/jobs/{accepted.job_id}"
    return accepted


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


async def _text(request: Request) -> TextBody:
    try:
        return TextBody.model_validate_json(await request.body())
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        raise RequestValidationError(
            [{**item, "loc": ("body", *item["loc"])} for item in found]
        ) from error


def _title(*given: str | None) -> str:
    """Return the first that says something to a reader."""
    titles = (shown(each or "", longest=LONGEST_TITLE) for each in given)
    return next(filter(None, titles), UNTITLED)


def _base_name(file_name: str | None) -> str:
    """Return a file's name without the folders that a client may put before it."""
    return re.split(r"[/\\]", file_name or "")[-1]


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), CHUNK_BYTES):
        yield content[start : start + CHUNK_BYTES]
