"""Reads a stream in blocks of whole lines, in bounded memory whatever it holds.

A block of plain lines is handed on as the bytes it is; one with wrapped lines is taken apart. Where
a block ends, reading can go on later, in another process too: nothing but its position is needed.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import orjson

from explorer.sources.stream import BrokenStream, Read
from explorer.sources.wrapped import Line, may_be_wrapped, split, take_apart

BLOCK_BYTES = 4 << 20
#: A longer line is no event, and only its beginning is kept.
MAX_LINE_BYTES = 1 << 20
EXCERPT_BYTES = 400
TAIL_BYTES = 1024
TOO_LONG = f"is longer than {MAX_LINE_BYTES} bytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where reading goes on: the offset in the unpacked bytes, and the number of the line there.

    `within_line` says that the line before was taken without the line feed that may yet come. The
    digest of the bytes before tells whether a file is still the one that was read.
    """

    offset: int = 0
    line: int = 1
    within_line: bool = False
    tail_bytes: int = 0
    tail_digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Some whole lines: the bytes themselves, or, where they had to be taken apart, the lines.

    `end` is where reading goes on after it.
    """

    start: Position
    end: Position
    data: bytes = b""
    taken_apart: Sequence[Line] | None = None

    def lines(self) -> Iterator[Line]:
        """Yield the lines with their places, without line feeds."""
        if self.taken_apart is not None:
            yield from self.taken_apart
            return
        offset = self.start.offset
        for number, content in enumerate(split(self.data), start=self.start.line):
            length = len(content)
            if length > MAX_LINE_BYTES:
                yield Line(number, offset, length, content[:EXCERPT_BYTES], TOO_LONG)
            else:
                yield Line(number, offset, length, content.rstrip(b"\r\n"))
            offset += length


def read_blocks(
    read: Read, position: Position, *, final: bool, size: int = BLOCK_BYTES, eager: bool = False
) -> Iterator[Block]:
    """Yield blocks from `position` to the end of the stream.

    With `final` nothing can follow: what has no line feed yet, or waits for its other parts, is
    then a line as well. Without, it is left for later, but for a JSON object that is complete.
    `eager` does not wait for a full block, when the stream is somebody's who is still writing.
    """
    data, broken, at_end = b"", "", False
    while not at_end:
        more, at_end, broken = _filled(read, size, eager=eager)
        if position.within_line and more:
            position, more = _after_line_feed(position, more)
        data += more
        block = _cut(data, position, final=final and at_end)
        if block:
            yield block
            data = data[block.end.offset - position.offset :]
            position = block.end
        elif len(data) > MAX_LINE_BYTES:
            block, data = _endless(data, position, read)
            yield block
            position = block.end
    if broken:
        told = _faulty(position, data, len(data), broken)
        yield Block(start=position, end=position, taken_apart=[told])


def _filled(read: Read, size: int, *, eager: bool) -> tuple[bytes, bool, str]:
    """Return so many bytes, or those up to the end; whether that is the end, and what broke it."""
    pieces: list[bytes] = []
    missing = size
    while missing > 0:
        try:
            piece = read(missing)
        except BrokenStream as error:
            return b"".join(pieces), True, str(error)
        if not piece:
            return b"".join(pieces), True, ""
        pieces.append(piece)
        missing = 0 if eager else missing - len(piece)
    return b"".join(pieces), False, ""


def _after_line_feed(position: Position, more: bytes) -> tuple[Position, bytes]:
    position = replace(position, within_line=False)
    if more[:1] != b"\n":
        return position, more
    return replace(position, offset=position.offset + 1), more[1:]


def _cut(data: bytes, position: Position, *, final: bool) -> Block | None:
    """Return the lines that are complete."""
    end = len(data) if final or _is_object(data) else data.rfind(b"\n") + 1
    whole = data[:end]
    if may_be_wrapped(whole):
        return _taken_apart(whole, position, final=final)
    if not whole:
        return None
    return Block(start=position, end=_behind(position, whole), data=whole)


def _taken_apart(data: bytes, position: Position, *, final: bool) -> Block | None:
    lines, kept = take_apart(data, position.line, most_bytes=MAX_LINE_BYTES, final=final)
    if kept == 0:
        return None
    placed = [
        line._replace(offset=position.offset + line.offset) for line in lines if line.offset < kept
    ]
    return Block(start=position, end=_behind(position, data[:kept]), taken_apart=placed)


def _is_object(data: bytes) -> bool:
    """Tell whether what follows the last line feed is a whole JSON object, as an event is."""
    last = data[data.rfind(b"\n") + 1 :]
    if not last.startswith(b"{") or not last.endswith(b"}"):
        return False
    try:
        orjson.loads(last)
    except ValueError:
        return False
    return True


def _endless(data: bytes, position: Position, read: Read) -> tuple[Block, bytes]:
    """Pass over the rest of a line that is too long; return it, and what was read beyond it."""
    length, rest = len(data), b""
    while more := read(MAX_LINE_BYTES):
        end = more.find(b"\n") + 1
        length += end or len(more)
        if end:
            rest = more[end:]
            break
    told = _faulty(position, data, length, TOO_LONG)
    end_position = Position(offset=position.offset + length, line=position.line + 1)
    return Block(start=position, end=end_position, taken_apart=[told]), rest


def tail_digest(tail: bytes) -> str:
    """Return what a file is known by again."""
    return hashlib.blake2b(tail, digest_size=16).hexdigest()


def _faulty(position: Position, data: bytes, length: int, fault: str) -> Line:
    return Line(
        number=position.line,
        offset=position.offset,
        length=length,
        content=data[:EXCERPT_BYTES],
        fault=fault,
    )


def _behind(position: Position, data: bytes) -> Position:
    within_line = not data.endswith(b"\n")
    tail = data[-TAIL_BYTES:]
    return Position(
        tail_bytes=len(tail),
        tail_digest=tail_digest(tail),
        offset=position.offset + len(data),
        line=position.line + data.count(b"\n") + within_line,
        within_line=within_line,
    )
