"""Gives lines to a sink, keeps the account of it, and tells what was dropped."""

import errno
import threading
from collections.abc import Callable, Mapping
from typing import Protocol

from observability.ledger import Account, SinkStats
from observability.sinks import Reason, Sink, WriteFailed

#: Makes the line of `events.dropped` from the count, the sink's name and the reason.
TellDropped = Callable[[int, str, Reason], bytes]

_REASONS: Mapping[int, Reason] = {
    errno.EPIPE: "broken_pipe",
    errno.EBADF: "closed",
    errno.ENOSPC: "no_space",
    errno.EDQUOT: "no_space",
    errno.EFBIG: "no_space",
}


class Outlet(Protocol):
    """A sink as the façade sees it. Nothing here raises or blocks beyond the sink's bound.

    Once a write succeeds after others failed, `events.dropped` tells how many were lost, for each
    reason exactly. What is not told yet stays in the account.
    """

    @property
    def name(self) -> str:
        """The sink's name."""

    def write(self, line: bytes) -> None:
        """Write a line, or count it as dropped."""

    def flush(self, timeout_s: float) -> bool:
        """Wait until nothing waits; return False if something still does."""

    def stats(self) -> SinkStats:
        """Return the account."""


class DirectOutlet:
    """Writes in the thread that emits."""

    def __init__(self, sink: Sink, tell_dropped: TellDropped) -> None:
        self.name = sink.name
        self._sink = sink
        self._tell_dropped = tell_dropped
        self._account = Account()
        self._telling = threading.Lock()

    def write(self, line: bytes) -> None:
        """Write a line, or count it as dropped."""
        account = self._account
        try:
            self._sink.write(line)
        except Exception as error:  # noqa: BLE001 - whatever it is, the line is counted.
            account.drop(reason_of(error))
            return
        account.count_written()
        if account.dropped:
            self._tell()

    def flush(self, timeout_s: float) -> bool:
        """Return True: nothing waits here."""
        return True

    def stats(self) -> SinkStats:
        """Return the account."""
        return self._account.stats()

    def _tell(self) -> None:
        # Whoever comes while another one tells has nothing to wait for.
        if not self._telling.acquire(blocking=False):
            return
        try:
            for reason, count in self._account.untold():
                self._sink.write(self._tell_dropped(count, self.name, reason))
                self._account.tell(reason, count)
        except Exception:  # noqa: BLE001 - whatever it is, the host goes on.
            # It is gone again; the count stands until it is back.
            return
        finally:
            self._telling.release()


def reason_of(error: Exception) -> Reason:
    """Return why a write failed, as `events.dropped` tells it."""
    if isinstance(error, WriteFailed):
        return error.reason
    if isinstance(error, TimeoutError):
        return "timed_out"
    number = error.errno if isinstance(error, OSError) else None
    return _REASONS.get(number or 0, "write_failed")
