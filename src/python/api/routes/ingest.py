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

from api import examples
from api.accept import AcceptedJob, accept_media
from api.described import answer, problems
from api.repeats import IdempotencyKey
from api.services import ContextOf, ServicesOf
from api.text import StorableText, shown
from api.upload import received, require_media
from store.documents import CHUNK_BYTES

router = APIRouter(tags=["jobs"])

EXAMPLE_TEXT = "WEBVTT\n\n00:01.000 --> 00:04.000\n<v Grace>The lamp of the lighthouse was lit.\n"
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
            UPLOAD_TYPE: {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "minLength": 1,
                            "contentMediaType": "application/octet-stream",
                            "description": "audio, video, WebVTT, SRT or plain text in UTF-8",
                        },
                        "title": {"type": "string", "description": "default: the file's name"},
                    },
                },
                "example": {"file": EXAMPLE_TEXT, "title": "A talk with Grace"},
            },
            "application/json": {
                "schema": TextBody.model_json_schema(),
                "examples": {
                    "WebVTT": {"value": {"text": EXAMPLE_TEXT, "title": "A talk with Grace"}},
                    "plain text": {"value": {"text": "The lamp was lit at nine."}},
                },
            },
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
    responses={
        **answer(202, "The media is kept, and a job works on it.", examples.ACCEPTED),
        **problems(
            {
                400: "This is no multipart/form-data: the last boundary is missing.",
                415: "This is an image: send audio, video, WebVTT, SRT or plain text in UTF-8.",
                422: "body.file: the multipart part file with the media is missing",
            }
        ),
    },
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
