"""Writes the time of an event as RFC 3339 has it."""

import time

_NS_PER_S = 1_000_000_000

# Formatting a number costs four times as much as finding it.
_THREE_DIGITS = tuple(b"%03d" % number for number in range(1000))


class Timestamps:
    """Writes Unix times in UTC, with microseconds; remembers how the last second is written."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        # One tuple, so that threads never see the second of one time with the text of another.
        self._last = (-1, b"")

    def parts(self, unix_time_ns: int) -> tuple[bytes, bytes, bytes]:
        """Return the parts of, for example, 2026-11-23T15:04:05.678901, to be joined."""
        second, fraction_ns = divmod(unix_time_ns, _NS_PER_S)
        last = self._last
        if last[0] != second:
            last = (second, time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(second)).encode())
            self._last = last
        millisecond, microsecond = divmod(fraction_ns // 1000, 1000)
        return last[1], _THREE_DIGITS[millisecond], _THREE_DIGITS[microsecond]
