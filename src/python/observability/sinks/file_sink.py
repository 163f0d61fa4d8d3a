"""A file of event lines, for those without a log collector."""

import fcntl
import os
import time
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Literal

from observability.sinks.appending import Appending

#: When a file's lines are forced onto the disk: at no time, when it is rotated, after every line.
Fsync = Literal["never", "rotate", "always"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """When a file is rotated, and how many rotated ones are kept (0: all)."""

    max_bytes: int = 100 * 1024 * 1024
    keep: int = 10


class FileSink:
    """Appends lines to the file at `path`, and rotates it once it has grown to its size.

    Any number of processes may write to the same path. The full file is renamed, once, to
    `path.TIME`, with the time in UTC: log shippers follow it by its inode, and sorted names are in
    the order of writing. Each writer looks before each line whether the file is still the one at
    `path`; nothing is locked but the renaming, and who finds it locked goes on writing.
    """

    name = "file"

    def __init__(
        self, path: Path, *, rotation: Rotation | None = None, fsync: Fsync = "never"
    ) -> None:
        """Open the file. Raises OSError if it cannot be written."""
        self._path = path
        self._rotation = rotation or Rotation()
        self._fsync = fsync
        self._file = _OpenFile(path)

    def write(self, line: bytes) -> None:
        """Write one line. Raises OSError, for example for a full disk."""
        file = self._file
        if not file.is_at(self._path):
            file = self._file = _OpenFile(self._path)
        file.lines.write(line)
        if self._fsync == "always":
            os.fsync(file.descriptor)
        if file.size() >= self._rotation.max_bytes:
            self._rotate(file)

    def _rotate(self, file: "_OpenFile") -> None:
        lock = os.open(f"{self._path}.lock", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever held the lock before may have done it.
            if file.is_at(self._path):
                if self._fsync != "never":
                    os.fsync(file.descriptor)
                self._path.rename(self._free_name())
                self._forget_old()
        except BlockingIOError:
            return
        finally:
            os.close(lock)

    def _free_name(self) -> Path:
        now_ns = time.time_ns()
        while True:
            seconds = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now_ns // 1_000_000_000))
            name = Path(f"{self._path}.{seconds}.{now_ns % 1_000_000_000:09d}Z")
            if not name.exists():
                return name
            now_ns += 1

    def _forget_old(self) -> None:
        if self._rotation.keep:
            rotated = sorted(self._path.parent.glob(f"{self._path.name}.*Z"))
            for path in rotated[: -self._rotation.keep]:
                path.unlink(missing_ok=True)


class _OpenFile:
    """An open file; it is closed when the last thread that writes to it has let it go."""

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        self._owner = FileIO(descriptor, "a")
        self.descriptor = descriptor
        self.lines = Appending(descriptor)
        status = os.fstat(descriptor)
        self._identity = (status.st_dev, status.st_ino)

    def is_at(self, path: Path) -> bool:
        try:
            status = path.stat()
        except FileNotFoundError:
            return False
        return (status.st_dev, status.st_ino) == self._identity

    def size(self) -> int:
        return os.fstat(self.descriptor).st_size
