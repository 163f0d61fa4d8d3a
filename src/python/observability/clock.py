"""Writes the time of an event as RFC 3339 has it."""

import time

_NS_PER_S = 1_000_000_000
_NS_PER_MS = 1_000_000
_NS_PER_US = 1_000

# Formatting a number costs four times as much as finding it.
_THREE_DIGITS = tuple(b"%03d" % number for number in range(1000))


class Timestamps:
    """Writes Unix times in UTC, with microseconds; remembers how the last second is written."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        # One tuple, so that threads never see the second of one time with the text of another.
        self._last = _second(0)

    def text(self, unix_time_ns: int) -> bytes:
        """Return, for example, 2026-11-23T15:04:05.678901."""
        began_ns, second = self._last
        passed_ns = unix_time_ns - began_ns
        if not 0 <= passed_ns < _NS_PER_S:
            began_ns, second = self._last = _second(unix_time_ns)
            passed_ns = unix_time_ns - began_ns
        return (
            second
            + _THREE_DIGITS[passed_ns // _NS_PER_MS]
            + _THREE_DIGITS[passed_ns // _NS_PER_US % 1000]
        )


def _second(unix_time_ns: int) -> tuple[int, bytes]:
    """Return when the second of a time began, in nanoseconds, and how it is written."""
    second = unix_time_ns // _NS_PER_S
    text = time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(second))
    return second * _NS_PER_S, text.encode()
