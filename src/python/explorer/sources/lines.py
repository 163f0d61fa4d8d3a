"""Reads lines one after the other, from the beginning of a stream to its end."""

from collections.abc import Iterator
from pathlib import Path

from explorer.sources.blocks import Position, read_blocks
from explorer.sources.discover import STDIN
from explorer.sources.stream import Read, open_stream
from explorer.sources.wrapped import Line

#: Less than where speed counts: whoever reads line by line is to take little memory.
BLOCK_BYTES = 1 << 18


def read_lines(path: Path) -> Iterator[Line]:
    """Yield the lines of a file, or of standard input as soon as they are there.

    Raises OSError for an unreadable file.
    """
    with open_stream(path) as read:
        yield from lines_of(read, eager=path == STDIN)


def lines_of(read: Read, *, eager: bool = False) -> Iterator[Line]:
    """Yield the lines of an open stream; `eager` as in `read_blocks`."""
    for block in read_blocks(read, Position(), final=True, size=BLOCK_BYTES, eager=eager):
        yield from block.lines()
