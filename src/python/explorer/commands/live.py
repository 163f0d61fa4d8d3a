"""Reads the last lines of files, and then whatever is added to them."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from explorer.sources import (
    MAX_LINE_BYTES,
    TOO_LONG,
    KnownFile,
    Line,
    MissingSource,
    Position,
    Stamp,
    discover,
    open_stream,
    pending,
    read_blocks,
)
from explorer.sources.stream import is_packed
from explorer.sources.wrapped import take_apart


@dataclass(slots=True, kw_only=True)
class Live:
    """Files that grow, are rotated, truncated, or join what a directory or glob stands for."""

    sources: Sequence[Path]
    _known: dict[int, KnownFile] = field(default_factory=dict)

    def files(self) -> list[Path]:
        """Return the files to begin with. Raises OSError for a source without any."""
        return discover(self.sources)

    def last(self, path: Path, number: int, look_back_bytes: int) -> tuple[Iterator[Line], bool]:
        """Return the lines at the end of the file with this number, and whether these are all.

        A packed file is read whole. Raises OSError for an unreadable one.
        """
        packed, stamp = is_packed(path), Stamp.of(path)
        start = 0 if packed else max(0, stamp.size - look_back_bytes)
        file = KnownFile(number=number, path=path, stamp=stamp, position=Position(offset=start))
        lines = self._read(file, final=packed)
        if start:
            next(lines, None)  # most likely the end of one
        return lines, start == 0

    def more(self) -> Iterator[tuple[Path, Iterator[Line]]]:
        """Yield the lines that came since the last look, and files that did."""
        for task in pending(list(self._known.values()), list(self._found())):
            yield task.file.path, self._patiently(task.file, final=task.packed)

    def _patiently(self, file: KnownFile, *, final: bool) -> Iterator[Line]:
        """Read a file that may be gone again: what it held comes with its next name."""
        with suppress(OSError):
            yield from self._read(file, final=final)

    def _read(self, file: KnownFile, *, final: bool) -> Iterator[Line]:
        position = file.position
        self._remember(file, position)
        with open_stream(file.path, position.offset) as read:
            for block in read_blocks(read, position, final=final):
                self._remember(file, block.end)
                yield from block.lines()

    def _remember(self, file: KnownFile, position: Position) -> None:
        self._known[file.number] = KnownFile(
            number=file.number, path=file.path, stamp=file.stamp, position=position
        )

    def _found(self) -> Iterator[Path]:
        """Yield the files that are there: while one is rotated, it is missing for a moment."""
        for source in self.sources:
            try:
                yield from discover([source])
            except MissingSource:
                continue


def standard_input() -> Iterator[Line]:
    """Yield the lines of standard input as they come, without what is wrapped around them."""
    rest, file = b"", sys.stdin.buffer
    while read := file.readline(MAX_LINE_BYTES + 1):
        if len(read) > MAX_LINE_BYTES and not read.endswith(b"\n"):
            yield Line(number=0, offset=0, length=len(read), content=read[:400], fault=TOO_LONG)
            while read and not read.endswith(b"\n"):
                read = file.readline(MAX_LINE_BYTES + 1)
            continue
        data = rest + read
        lines, settled = take_apart(data, 1, most_bytes=MAX_LINE_BYTES, final=False)
        yield from (line for line in lines if line.offset < settled)
        rest = data[settled:]
    yield from take_apart(rest, 1, most_bytes=MAX_LINE_BYTES, final=True)[0]
