"""The baseline sink: JSON lines on a file descriptor, by default stdout."""

import fcntl
import os
import stat

from observability.sinks.shared_stream import SharedStream

STDOUT = 1


class LoggingSink:
    """Writes each line whole: a torn line would be lost, and take its neighbour along.

    A file is opened for appending and gets each line by one `os.write`, under the lock of its
    inode. A pipe, a terminal or a socket, which may be full, is left to `SharedStream`. The sink
    starts no thread, keeps nothing back, and calls no `logging`.
    """

    name = "stdout"

    def __init__(self, descriptor: int = STDOUT) -> None:
        self._descriptor = descriptor
        self._stream: SharedStream | None = None
        self._prepared = False
        self._torn = False

    def write(self, line: bytes) -> None:
        """Write one line. Raises OSError, for example for a closed pipe or a full disk.

        To a pipe it waits at most `SharedStream.WAIT_S` seconds, then raises TimeoutError.
        """
        if not self._prepared:
            self._prepare()
        if self._stream is not None:
            self._stream.write(line)
        elif self._torn:
            self._write_on(b"\n" + line)
        elif (written := os.write(self._descriptor, line)) < len(line):
            self._write_on(line[written:])

    def _write_on(self, rest: bytes) -> None:
        """Write what a short write left; if that fails, the next line begins with a line feed."""
        self._torn = True
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        self._torn = False

    def _prepare(self) -> None:
        mode = os.fstat(self._descriptor).st_mode
        if stat.S_ISREG(mode):
            # A shell's `>` does not append: two processes would write over each other.
            flags = fcntl.fcntl(self._descriptor, fcntl.F_GETFL)
            fcntl.fcntl(self._descriptor, fcntl.F_SETFL, flags | os.O_APPEND)
        elif stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(self._descriptor):
            self._stream = SharedStream(self._descriptor)
        self._prepared = True
