"""Rate limits: a bucket of tokens for each caller, one of which every request takes."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

# Of more callers, those are forgotten whose last request is the longest ago.
MOST_CALLERS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many requests in so many seconds: at once, or spread over them."""

    requests: int
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came of taking a token: whether there was one, and how many are left.

    `reset_s`: if there was none, the seconds until there is one; else until the bucket is full.
    """

    allowed: bool
    remaining: int
    reset_s: int


class TokenBuckets:
    """Buckets that are full at first, and refilled evenly (the generic cell rate algorithm).

    A bucket is one number: when it will be full. Nothing runs in the background, and no clock that
    people set matters. This process alone knows of its buckets.
    """

    def __init__(self, rate: Rate, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self.rate = rate
        self._now_ns = now_ns
        self._token_ns = rate.seconds * 1_000_000_000 // rate.requests
        self._full_at_ns: OrderedDict[str, int] = OrderedDict()

    def take(self, caller: str) -> Taken:
        """Take a token out of the caller's bucket, if one is there."""
        now_ns = self._now_ns()
        missing_ns = max(self._full_at_ns.get(caller, 0) - now_ns, 0)
        room_ns = self._token_ns * (self.rate.requests - 1) - missing_ns
        if room_ns < 0:
            return Taken(allowed=False, remaining=0, reset_s=_whole_seconds(-room_ns))
        missing_ns += self._token_ns
        self._full_at_ns[caller] = now_ns + missing_ns
        self._full_at_ns.move_to_end(caller)
        if len(self._full_at_ns) > MOST_CALLERS:
            self._full_at_ns.popitem(last=False)
        return Taken(
            allowed=True,
            remaining=room_ns // self._token_ns,
            reset_s=_whole_seconds(missing_ns),
        )


def _whole_seconds(nanoseconds: int) -> int:
    return math.ceil(nanoseconds / 1_000_000_000)
