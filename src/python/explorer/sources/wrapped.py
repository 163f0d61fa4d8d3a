"""Takes lines out of what container runtimes and journald wrap around them.

Docker's json-file driver cuts long lines into objects whose `log` ends without a line feed, CRI
into lines with the tag P; both are joined again. journald's JSON export has the line in MESSAGE, as
a string or, where it is no UTF-8, as a list of bytes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

#: What no block without wrapped lines contains by chance: with none of them nothing is unwrapped.
SIGNS = (b" std", b'"log":', b'"MESSAGE"')
#: How the façade begins its lines, and nobody a line around others.
OUR_BEGINNING = b'{"schema_version":'
CRI = re.compile(rb"\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d) (stdout|stderr) ([FP])(?::\S*)? ")


class Line(NamedTuple):
    """A line's content, and where it stands: `length` reaches to the end of its last part.

    `fault` says what keeps it from being read as a whole. A tuple, since millions are made.
    """

    number: int
    offset: int
    length: int
    content: bytes
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwrapped:
    """A line, or a part of one: `whole` says whether it ends here. `stream` joins the parts."""

    content: bytes
    stream: str = ""
    whole: bool = True


def may_be_wrapped(data: bytes) -> bool:
    """Tell whether any line of the data may be wrapped; fast, and True too often."""
    if data.startswith(OUR_BEGINNING):
        # In most blocks all lines do, which is seen sooner than that they have none of the signs.
        line_feeds = data.count(b"\n", 0, len(data) - 1)
        if data.count(b"\n" + OUR_BEGINNING) == line_feeds:
            return False
    return any(sign in data for sign in SIGNS)


def take_apart(data: bytes, first: int, *, most_bytes: int, final: bool) -> tuple[list[Line], int]:
    """Return the lines that the data wraps, and up to where they are settled.

    What stands behind has to be read again, together with what follows, since a line there, or
    one around it, waits for its other parts. Nothing waits with `final`, nor beyond `most_bytes`.
    """
    lines: list[Line] = []
    open_parts: dict[str, Line] = {}
    offset = 0
    for number, wrapped in enumerate(split(data), start=first):
        part = unwrap(wrapped.rstrip(b"\r\n"))
        begun = open_parts.pop(part.stream, None) if part.stream else None
        line = Line(
            number=begun.number if begun else number,
            offset=begun.offset if begun else offset,
            length=offset + len(wrapped) - (begun.offset if begun else offset),
            content=(begun.content if begun else b"") + part.content,
        )
        if part.whole or len(line.content) > most_bytes:
            lines.append(line)
        else:
            open_parts[part.stream] = line
        offset += len(wrapped)
    for stream, line in list(open_parts.items()):
        if final or len(data) - line.offset > most_bytes:
            lines.append(open_parts.pop(stream))
    lines.sort(key=lambda line: line.offset)
    return lines, _settled(
        lines, min((line.offset for line in open_parts.values()), default=len(data))
    )


def _settled(lines: Sequence[Line], until: int) -> int:
    """Return the offset up to which no line is only begun."""
    for line in reversed(lines):
        if line.offset < until < line.offset + line.length:
            until = line.offset
    return until


def unwrap(line: bytes) -> Unwrapped:
    """Return what a line wraps, or the line itself."""
    if wrapped := CRI.match(line):
        stream, tag = wrapped.groups()
        content = line[wrapped.end() :]
        return Unwrapped(content=content, stream=stream.decode(), whole=tag == b"F")
    if line[:1] == b"{" and (b'"log":' in line or b'"MESSAGE"' in line):
        return _unwrapped_object(line) or Unwrapped(content=line)
    return Unwrapped(content=line)


def _unwrapped_object(line: bytes) -> Unwrapped | None:
    try:
        wrapper = orjson.loads(line)
    except ValueError:
        return None
    if "event_name" in wrapper:
        return None
    log = wrapper.get("log")
    if isinstance(log, str) and "time" in wrapper:
        content = log.rstrip("\r\n").encode()
        whole = log.endswith("\n")
        return Unwrapped(content=content, stream=str(wrapper.get("stream")), whole=whole)
    message = _message(wrapper.get("MESSAGE"))
    return None if message is None else Unwrapped(content=message)


def _message(message: Any) -> bytes | None:
    if isinstance(message, str):
        return message.rstrip("\r\n").encode()
    try:
        return bytes(message).rstrip(b"\r\n") if isinstance(message, list) else None
    except (TypeError, ValueError):  # several messages in one entry, or no bytes
        return None


def split(data: bytes) -> list[bytes]:
    """Return the lines with their line feeds; a carriage return is none, other than Python's."""
    if b"\r" not in data:
        return data.splitlines(keepends=True)
    *lines, last = data.split(b"\n")
    return [line + b"\n" for line in lines] + ([last] if last else [])
