"""Appends whole lines to a file that others append to as well."""

import os


class Appending:
    """A descriptor in append mode: the kernel puts each write behind the others, in one piece.

    When only a part of a line could be written, as on a full disk, the next line begins with a
    line feed, so that the part spoils no other line.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._torn = False

    def write(self, line: bytes) -> None:
        """Write one line. Raises OSError, for example for a full disk."""
        if self._torn:
            self._write_on(b"\n" + line)
        elif (written := os.write(self._descriptor, line)) < len(line):
            self._write_on(line[written:])

    def _write_on(self, rest: bytes) -> None:
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            # Not before it is so: a fork in the midst of writing would inherit it.
            self._torn = True
            raise
        self._torn = False
