"""The baseline sink: JSON lines on a file descriptor, by default stdout."""

import fcntl
import os
import stat
from collections.abc import Callable

from observability.sinks.appending import Appending
from observability.sinks.shared_stream import SharedStream

STDOUT = 1


class LoggingSink:
    """Writes each line whole: a torn line would be lost, and take its neighbour along.

    A file is appended to, one `os.write` a line. A pipe, a terminal or a socket, which may be
    full, is left to `SharedStream`. The sink starts no thread, keeps nothing back, and calls no
    `logging`.
    """

    name = "stdout"

    def __init__(self, descriptor: int = STDOUT) -> None:
        self._descriptor = descriptor
        #: Writes one line. Raises OSError, for example for a closed pipe or a full disk; to a pipe
        #: it waits at most `SharedStream.WAIT_S` seconds, then raises TimeoutError.
        self.write: Callable[[bytes], None] = self._open_and_write

    def _open_and_write(self, line: bytes) -> None:
        # Not before the first line: until then the descriptor may be given another file.
        self.write = _opened(self._descriptor).write
        self.write(line)


def _opened(descriptor: int) -> Appending | SharedStream:
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(descriptor):
        return SharedStream(descriptor)
    if stat.S_ISREG(mode):
        # A shell's `>` does not append: two processes would write over each other.
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_APPEND)
    return Appending(descriptor)
