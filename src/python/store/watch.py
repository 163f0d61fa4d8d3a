"""Notices what no longer changes, by a clock that nobody can set."""

import time
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key")


class Watch(Generic[Key]):
    """Remembers for how long each value has been the same, on this process's monotonic clock.

    The wall clocks of the database and of other machines may be set back: what they wrote then
    lies in the future, and would look young for just as long.
    """

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._seen: dict[Key, tuple[object, float]] = {}

    def unchanged(self, values: Mapping[Key, object], *, for_s: float) -> list[Key]:
        """Look again; return whose values have been seen, and were the same, for `for_s`."""
        now_s = self._clock_s()
        self._seen = {key: self._since(key, value, now_s) for key, value in values.items()}
        return [key for key, (_, since_s) in self._seen.items() if now_s - since_s >= for_s]

    def _since(self, key: Key, value: object, now_s: float) -> tuple[object, float]:
        before = self._seen.get(key)
        return before if before is not None and before[0] == value else (value, now_s)
