"""Reads event lines one by one, in batches of bounded size."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from explorer.lines import InvalidLine, parse_line
from explorer.sources import STDIN, read_lines
from explorer.sources.stream import is_packed

#: What one message holds at most. A collector takes some megabytes; Loki four by default.
MOST_LINES = 1_000
MOST_BYTES = 1 << 20


@dataclass(slots=True, kw_only=True)
class Reading:
    """How far the files were read; `bytes_total` is None where it is not known."""

    bytes_total: int | None
    bytes_read: int = 0
    lines: int = 0
    #: Lines that are no valid event.
    passed_over: int = 0
    #: Where the last line stands.
    place: str = "the beginning"


def reading_of(paths: Sequence[Path]) -> Reading:
    """Return a reading that has not begun. Raises OSError for a file that is not there."""
    known = STDIN not in paths and not any(is_packed(path) for path in paths)
    return Reading(bytes_total=sum(path.stat().st_size for path in paths) if known else None)


def batches(
    paths: Iterable[Path], reading: Reading, tell: Callable[[Reading], None]
) -> Iterator[list[bytes]]:
    """Yield the lines that are valid events, some at a time, and tell how far it is.

    Raises OSError.
    """
    batch: list[bytes] = []
    size = 0
    for line in _events(paths, reading):
        if batch and (len(batch) == MOST_LINES or size + len(line) > MOST_BYTES):
            tell(reading)
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line)
    if batch:
        yield batch


def _events(paths: Iterable[Path], reading: Reading) -> Iterator[bytes]:
    for path in paths:
        before = reading.bytes_read
        for line in read_lines(path):
            reading.lines += 1
            reading.bytes_read = before + line.offset + line.length
            reading.place = f"{path}:{line.number}"
            if not line.content.strip():
                continue
            event = parse_line(line.content, file=path.name, number=line.number)
            if line.fault or isinstance(event, InvalidLine):
                reading.passed_over += 1
                continue
            yield line.content
