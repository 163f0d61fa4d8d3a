"""Counts without a lock."""

import itertools
from collections.abc import Callable


class Counter:
    """Counts from 0; `add` is one atomic step of the interpreter.

    A lock would be held by a thread that a fork leaves behind, or by the very code that a signal
    handler interrupts.
    """

    __slots__ = ("_count", "add")

    def __init__(self) -> None:
        self._count = itertools.count()
        #: Counts one more.
        self.add: Callable[[], int] = self._count.__next__

    @property
    def value(self) -> int:
        """How many were counted."""
        # The only look at an itertools.count that does not advance it: "count(7)".
        return int(repr(self._count)[len("count(") : -1])
