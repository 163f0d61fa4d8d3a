"""Where lines come from: files in any place and packing, read in blocks, unwrapped and followed."""

from explorer.sources.blocks import MAX_LINE_BYTES, TOO_LONG, Block, Position, read_blocks
from explorer.sources.discover import STDIN, MissingSource, discover
from explorer.sources.follow import KnownFile, Stamp, Task, pending
from explorer.sources.lines import lines_of, read_lines
from explorer.sources.stream import BrokenStream, open_stream
from explorer.sources.wrapped import Line

__all__ = [
    "MAX_LINE_BYTES",
    "STDIN",
    "TOO_LONG",
    "Block",
    "BrokenStream",
    "KnownFile",
    "Line",
    "MissingSource",
    "Position",
    "Stamp",
    "Task",
    "discover",
    "lines_of",
    "open_stream",
    "pending",
    "read_blocks",
    "read_lines",
]
