"""Keeps a storm of violations from becoming a storm of events about them."""

import threading
import time
from collections.abc import Callable

from observability.counter import Counter

#: For each event name, so many `contract.violated` in so many seconds.
MAX_TOLD = 10
WINDOW_S = 60.0


class ViolationLimit:
    """Admits the first ten violations of an event name in each minute, and counts the others."""

    def __init__(self, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        self._windows: dict[str, _Window] = {}

    def admit(self, event_name: str) -> int | None:
        """Return how many were suppressed since the last one admitted, or None to suppress."""
        window = self._windows.setdefault(event_name, _Window())
        return window.admit(self._monotonic_s())


class _Window:
    def __init__(self) -> None:
        self._began_s = float("-inf")
        self._told = 0
        self._suppressed = Counter()
        self._suppressed_told = 0
        self._deciding = threading.Lock()

    def admit(self, now_s: float) -> int | None:
        # Two at a time are a storm already.
        if not self._deciding.acquire(blocking=False):
            self._suppressed.add()
            return None
        try:
            return self._decide(now_s)
        finally:
            self._deciding.release()

    def _decide(self, now_s: float) -> int | None:
        if now_s - self._began_s >= WINDOW_S:
            self._began_s, self._told = now_s, 0
        if self._told == MAX_TOLD:
            self._suppressed.add()
            return None
        self._told += 1
        suppressed = self._suppressed.value
        since_last, self._suppressed_told = suppressed - self._suppressed_told, suppressed
        return since_last
