"""Reads the lines of sources one after the other, from their beginning to their end."""

from collections.abc import Iterator
from pathlib import Path

from explorer.sources.blocks import Position, read_blocks
from explorer.sources.discover import STDIN
from explorer.sources.stream import open_stream
from explorer.sources.wrapped import Line


def read_lines(path: Path) -> Iterator[Line]:
    """Yield the lines of a file or of standard input. Raises OSError for an unreadable one."""
    with open_stream(path) as read:
        for block in read_blocks(read, Position(), final=True, eager=path == STDIN):
            yield from block.lines()
