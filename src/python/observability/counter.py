"""Counts without a lock."""

import itertools


class Counter:
    """Counts from 0; `add` is one atomic step of the interpreter.

    A lock would be held by a thread that a fork leaves behind, or by the very code that a signal
    handler interrupts.
    """

    __slots__ = ("_next",)

    def __init__(self) -> None:
        self._next = itertools.count()

    def add(self) -> None:
        """Count one more."""
        next(self._next)

    @property
    def value(self) -> int:
        """How many were counted."""
        # The only look at an itertools.count that does not advance it: "count(7)".
        return int(repr(self._next)[len("count(") : -1])
