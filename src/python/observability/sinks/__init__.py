"""Where event lines go."""

from typing import Protocol


class Sink(Protocol):
    """Takes whole event lines."""

    name: str

    def write(self, line: bytes) -> None:
        """Write one line, its line feed included. Raises OSError when it cannot."""
