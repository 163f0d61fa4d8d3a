"""The baseline sink: JSON lines on a file descriptor, by default stdout."""

import os

STDOUT = 1


class LoggingSink:
    """Writes each line with one `os.write`, so that lines of several writers never mix.

    It holds no lock, starts no thread and keeps nothing back.
    """

    name = "stdout"

    def __init__(self, descriptor: int = STDOUT) -> None:
        self._descriptor = descriptor

    def write(self, line: bytes) -> None:
        """Write one line. Raises OSError, for example for a closed pipe or a full disk."""
        written = os.write(self._descriptor, line)
        while written < len(line):
            written += os.write(self._descriptor, line[written:])
