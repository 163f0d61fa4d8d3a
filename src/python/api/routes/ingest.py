"""`POST /ingest`."""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from api.accept import AcceptedJob, accept_media
from api.repeats import IdempotencyKey
from api.services import ContextOf, ServicesOf
from api.text import StorableText
from store.documents import CHUNK_BYTES

router = APIRouter(tags=["jobs"])


class TextBody(BaseModel):
    """A transcript, subtitles or any other text, given in the request itself."""

    text: StorableText = Field(min_length=1, description="plain text, WebVTT or SRT")
    title: StorableText = Field(default="untitled", min_length=1, max_length=500)


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
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "application/json":
        body = await _text(request)
        accepted = await accept_media(
            services,
            ctx,
            title=body.title,
            chunks=_once(body.text.encode()),
            key=idempotency_key,
        )
    elif media_type == "multipart/form-data":
        async with request.form(max_files=1) as form:
            upload = _upload(form.get("file"))
            title = _title(form.get("title"), upload.filename)
            accepted = await accept_media(
                services, ctx, title=title, chunks=_chunks(upload), key=idempotency_key
            )
    else:
        raise HTTPException(
            415, "Send multipart/form-data with the part file, or application/json with text."
        )
    response.headers["Location"] = f"/jobs/{accepted.job_id}"
    return accepted


async def _text(request: Request) -> TextBody:
    try:
        return TextBody.model_validate_json(await request.body())
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        raise RequestValidationError(
            [{**item, "loc": ("body", *item["loc"])} for item in found]
        ) from error


def _upload(part: object) -> UploadFile:
    if not isinstance(part, UploadFile):
        raise HTTPException(422, "body.file: the multipart part file with the media is missing")
    if part.size == 0:
        raise HTTPException(422, "body.file: the file is empty")
    return part


def _title(part: object, filename: str | None) -> str:
    """Return the part title, else the file's name, as far as the database can keep it."""
    given = part if isinstance(part, str) else ""
    for title in (given, filename or ""):
        storable = title.replace("\x00", "")[:500]
        if storable:
            return storable
    return "untitled"


async def _chunks(upload: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await upload.read(CHUNK_BYTES):
        yield chunk


async def _once(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), CHUNK_BYTES):
        yield content[start : start + CHUNK_BYTES]
