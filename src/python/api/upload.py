"""Receives multipart/form-data: the part `file` onto disk, its few other parts into memory."""

import asyncio
import tempfile
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import IO

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.exceptions import HTTPException

from api.refused_media import refused_media
from store.documents import CHUNK_BYTES

#: How many parts there may be, and how long those are together that are no file.
MOST_PARTS = 16
MOST_FIELD_BYTES = 1 << 16

# Bytes that wait in memory to be written.
_BLOCK_BYTES = 1 << 18


@dataclass(slots=True, kw_only=True)
class Upload:
    """What was received: a file, what the client calls it, and the other parts by name."""

    file: IO[bytes]
    file_name: str | None = None
    size: int = 0
    fields: dict[str, str] = field(default_factory=dict)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the file's content from its beginning."""
        await asyncio.to_thread(self.file.seek, 0)
        while chunk := await asyncio.to_thread(self.file.read, CHUNK_BYTES):
            yield chunk


@asynccontextmanager
async def received(content_type: str, body: AsyncIterable[bytes]) -> AsyncIterator[Upload]:
    """Receive an upload; its file has no name on disk, and is gone when the block ends.

    Raises HTTPException: 400 for what is no multipart/form-data, 415 for a file that cannot be
    media, as soon as its beginning is there, 422 without a file, 503 when it cannot be kept.
    """
    # Without a name there is nothing to clean up, whatever ends this process.
    with tempfile.TemporaryFile(buffering=0) as file:
        reader = _Reader(content_type, Upload(file=file))
        async for chunk in body:
            reader.feed(chunk)
            if len(reader.unwritten) >= _BLOCK_BYTES:
                await reader.write()
        await reader.write()
        yield reader.upload_at_its_end()


def require_media(beginning: bytes | bytearray) -> None:
    """Raise HTTPException (415) for what cannot be media, by how it begins."""
    if what := refused_media(beginning):
        raise HTTPException(
            415, f"This is {what}: send audio, video, WebVTT, SRT or plain text in UTF-8."
        )


class _Reader:
    """Follows the parts of a multipart/form-data body (RFC 7578)."""

    def __init__(self, content_type: str, upload: Upload) -> None:
        self.unwritten = bytearray()
        self._upload = upload
        self._ended = self._has_file = self._in_file = False
        self._parts = self._field_bytes = 0
        self._header, self._value = bytearray(), bytearray()
        self._disposition = b""
        self._name = ""
        self._field = bytearray()
        boundary = parse_options_header(content_type)[1].get(b"boundary")
        if not boundary:
            raise _malformed("Content-Type names no boundary")
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin_part,
                    "on_header_field": self._read_header,
                    "on_header_value": self._read_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._end_headers,
                    "on_part_data": self._read_data,
                    "on_part_end": self._end_part,
                    "on_end": self._end,
                },
            )
        except FormParserError as error:
            raise _malformed("the boundary is too long") from error

    def feed(self, chunk: bytes) -> None:
        """Read on. Raises HTTPException (400)."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise _malformed("the parts or their headers break its syntax") from error

    async def write(self) -> None:
        """Write what waits. Raises HTTPException: 415 when it cannot be media, 503 on no room."""
        if not self.unwritten:
            return
        if self._upload.size == 0:
            require_media(self.unwritten)
        try:
            await asyncio.to_thread(_write_all, self._upload.file, self.unwritten)
        except OSError as error:
            raise HTTPException(
                503, "There is no room for the upload now. Try later.", {"Retry-After": "60"}
            ) from error
        self._upload.size += len(self.unwritten)
        self.unwritten = bytearray()

    def upload_at_its_end(self) -> Upload:
        """Return what came. Raises HTTPException: 400 if cut short, 422 without a file."""
        if not self._ended:
            raise _malformed("the last boundary is missing")
        if not self._has_file:
            raise HTTPException(422, "body.file: the multipart part file with the media is missing")
        if not self._upload.size:
            raise HTTPException(422, "body.file: the file is empty")
        return self._upload

    def _begin_part(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise _malformed(f"it has more than {MOST_PARTS} parts")
        self._disposition = b""

    def _read_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _read_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header, self._value = bytearray(), bytearray()

    def _end_headers(self) -> None:
        options = parse_options_header(self._disposition)[1]
        self._name = _text(options.get(b"name", b""))
        self._in_file = b"filename" in options
        if not self._in_file:
            return
        if self._has_file or self._name != "file":
            raise HTTPException(422, "body.file: send one file, as the multipart part file")
        self._has_file = True
        self._upload.file_name = _text(options[b"filename"])

    def _read_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self.unwritten += data[start:end]
            return
        self._field_bytes += end - start
        if self._field_bytes > MOST_FIELD_BYTES:
            raise _malformed(f"its fields are longer than {MOST_FIELD_BYTES:,} bytes")
        self._field += data[start:end]

    def _end_part(self) -> None:
        if not self._in_file:
            self._upload.fields[self._name] = _text(self._field)
        self._field = bytearray()

    def _end(self) -> None:
        self._ended = True


def _write_all(file: IO[bytes], content: bytearray) -> None:
    left = memoryview(content)
    while left:
        left = left[file.write(left) :]


def _text(content: bytes | bytearray) -> str:
    return content.decode("utf-8", errors="replace")


def _malformed(what: str) -> HTTPException:
    return HTTPException(400, f"This is no multipart/form-data: {what}.")
