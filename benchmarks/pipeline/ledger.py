"""Sums that one process writes and another reads while it runs: a file of numbers in memory."""

import mmap
from collections.abc import Mapping
from pathlib import Path

#: What takes time, in a service: all of its work, and what of it is observability.
WORK = "work"
OBSERVABILITY = ("facade", "outbox", "steps", "middleware")
_NAMES = (WORK, *OBSERVABILITY)
_NUMBER_BYTES = 8


class Ledger:
    """For each name the seconds so far, and how often."""

    def __init__(self, path: Path) -> None:
        """Open the file; make it first if there is none."""
        if not path.exists():
            path.write_bytes(bytes(2 * len(_NAMES) * _NUMBER_BYTES))
        with path.open("r+b") as file:
            self._numbers = memoryview(mmap.mmap(file.fileno(), 0)).cast("d")

    def add(self, name: str, seconds: float) -> None:
        """Add what something took."""
        at = 2 * _NAMES.index(name)
        self._numbers[at] += seconds
        self._numbers[at + 1] += 1

    def seconds(self) -> Mapping[str, float]:
        """Return the sums so far."""
        return {name: self._numbers[2 * at] for at, name in enumerate(_NAMES)}

    def counts(self) -> Mapping[str, int]:
        """Return how often each was added to."""
        return {name: int(self._numbers[2 * at + 1]) for at, name in enumerate(_NAMES)}
