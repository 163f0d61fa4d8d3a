"""What is measured: something that emits events."""

from collections.abc import Callable
from dataclasses import dataclass


def _nothing() -> None:
    """A subject that keeps nothing back has nothing to finish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A way to write events to stdout, set up and ready.

    `write` writes as many events as it is told, in the thread that calls it. `finish` returns once
    nothing is left over; the time that it takes counts.
    """

    write: Callable[[int], None]
    finish: Callable[[], None] = _nothing
