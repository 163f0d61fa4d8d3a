"""Opens a file as the bytes that were written, whatever it is packed with."""

import gzip
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import cast

import zstandard

from explorer.sources.discover import STDIN

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
#: A frame that asks for a larger window is refused, since it would take as much memory.
MAX_WINDOW_BYTES = 128 << 20
UNPACK_ERRORS = (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError)
PIECE_BYTES = 1 << 17
SKIP_BYTES = 1 << 20

#: Returns at most so many bytes, as soon as there are any, and none at the end.
Read = Callable[[int], bytes]


class BrokenStream(OSError):
    """A packed file that cannot be unpacked further."""


def is_packed(path: Path) -> bool:
    """Tell by its first bytes whether a file is packed. Raises OSError for an unreadable one."""
    with path.open("rb") as file:
        return file.read(4).startswith((GZIP, ZSTD))


@contextmanager
def open_stream(path: Path, offset: int = 0) -> Iterator[Read]:
    """Open a file, or standard input, for reading from an offset in its unpacked bytes.

    Raises OSError for an unreadable file; reading raises BrokenStream where unpacking fails.
    """
    if path == STDIN:
        yield cast("BufferedReader", sys.stdin.buffer).read1
        return
    with path.open("rb", buffering=0) as file:
        start = file.read(4)
        file.seek(0)
        if start.startswith(GZIP):
            read = _unpacking(gzip.GzipFile(fileobj=file).read1)
        elif start.startswith(ZSTD):
            unpacker = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW_BYTES)
            reader = unpacker.stream_reader(file, PIECE_BYTES, read_across_frames=True)
            # In small pieces: what was unpacked together with a damage is lost.
            read = _unpacking(lambda size: reader.read(min(size, PIECE_BYTES)))
        else:
            file.seek(offset)
            yield file.read
            return
        _skip(read, offset)
        yield read


def _unpacking(read: Read) -> Read:
    """Tell the errors of all libraries as one."""

    def told(size: int) -> bytes:
        try:
            return read(size)
        except UNPACK_ERRORS as error:
            raise BrokenStream(f"cannot be unpacked further: {error}") from error

    return told


def _skip(read: Read, left: int) -> None:
    while left > 0:
        passed = len(read(min(left, SKIP_BYTES)))
        if passed == 0:
            return
        left -= passed
