"""Posts OTLP messages over HTTP, and tries again while that helps."""

import email.utils
import gzip
import itertools
import math
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection

from observability.sinks import Reason, WriteFailed
from observability.sinks._otel_settings import Target

# OTLP/HTTP, "Retryable Response Codes": these, and no others.
_RETRYABLE = frozenset((429, 502, 503, 504))

# Instead of seconds to wait before another try.
_NEVER = math.inf

# An answer is a few bytes; more is not from a collector.
_MAX_ANSWER = 64 * 1024

# Fast: what is saved beyond that is not worth the time.
_GZIP_LEVEL = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a message is tried: `in_all_s` seconds, its tries and the pauses between them.

    `pauses_s` are the least pauses; after the last of them nothing is tried again. `tell_wait` is
    called before each, with what was answered and the seconds.
    """

    in_all_s: float
    pauses_s: Iterable[float] = (0.2, 0.8)
    tell_wait: Callable[[str, float], None] | None = None


class NotDelivered(WriteFailed):
    """`last` is what was answered last, or why nothing was: `HTTP 401`, `Connection refused`."""

    def __init__(self, reason: Reason, last: str) -> None:
        super().__init__(reason)
        self.last = last


class _Failure(Exception):
    """A try failed, and the next one, if any, has to wait this long at least."""

    def __init__(self, reason: Reason, last: str, wait_s: float = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.last = last
        self.wait_s = wait_s


class Receiver:
    """One path of a collector. For one thread at a time.

    The connection is kept from one message to the next. It belongs to the process that opened it:
    a fork opens its own, so that the two never mix their messages. Neither `logging` nor a proxy
    is used.
    """

    def __init__(
        self, target: Target, *, patience: Patience | None = None, compressed: bool = False
    ) -> None:
        """By default the target's timeout is for all tries together."""
        self._target = target
        self._patience = patience or Patience(in_all_s=target.timeout_s)
        self._compressed = compressed
        self._headers = {
            **target.headers,
            "Content-Type": "application/x-protobuf",
            **({"Content-Encoding": "gzip"} if compressed else {}),
        }
        self._connection: HTTPConnection | None = None
        self._process_id = 0

    @property
    def address(self) -> str:
        """The collector, without path and headers."""
        port = f":{self._target.port}" if self._target.port else ""
        return f"{self._target.scheme}://{self._target.host}{port}"

    def post(self, message: bytes) -> bytes:
        """Send a message and return the answer's body.

        Raises NotDelivered: `unreachable` if no answer comes, `refused` if it is not a good one.
        No try waits for a byte longer than the target's timeout, nor than patience lasts.
        """
        if self._compressed:
            message = gzip.compress(message, _GZIP_LEVEL, mtime=0)
        deadline_s = time.monotonic() + self._patience.in_all_s
        for pause_s in itertools.chain(self._patience.pauses_s, itertools.repeat(_NEVER)):
            try:
                return self._try(message, deadline_s)
            except _Failure as failure:
                wait_s = max(pause_s, failure.wait_s)
                if time.monotonic() + wait_s >= deadline_s:
                    raise NotDelivered(failure.reason, failure.last) from failure
                if self._patience.tell_wait is not None:
                    self._patience.tell_wait(failure.last, wait_s)
                time.sleep(wait_s)
        raise AssertionError("the last pause never ends")

    def _try(self, message: bytes, deadline_s: float) -> bytes:
        try:
            response, body = self._exchange(message, deadline_s)
        except (OSError, HTTPException) as error:
            self._close()
            last = getattr(error, "strerror", None) or type(error).__name__
            raise _Failure("unreachable", last) from error
        if 200 <= response.status < 300:
            return body
        retryable = response.status in _RETRYABLE
        wait_s = _retry_after_s(response) if retryable else _NEVER
        raise _Failure("refused", f"HTTP {response.status}", wait_s)

    def _exchange(self, message: bytes, deadline_s: float) -> tuple[HTTPResponse, bytes]:
        left_s = deadline_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("no time is left for another try")
        connection = self._open(min(left_s, self._target.timeout_s))
        connection.request("POST", self._target.path, message, self._headers)
        response = connection.getresponse()
        body = response.read(_MAX_ANSWER)
        if not response.isclosed():
            self._close()
        return response, body

    def _open(self, timeout_s: float) -> HTTPConnection:
        if self._connection is None or self._process_id != os.getpid():
            kind = HTTPSConnection if self._target.scheme == "https" else HTTPConnection
            self._connection = kind(self._target.host, self._target.port)
            self._process_id = os.getpid()
        self._connection.timeout = timeout_s
        if self._connection.sock is not None:
            self._connection.sock.settimeout(timeout_s)
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _retry_after_s(response: HTTPResponse) -> float:
    """Read Retry-After (RFC 9110, section 10.2.3), seconds or a date; 0 for anything else."""
    value = (response.getheader("Retry-After") or "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        then = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return 0
    if then.tzinfo is None:
        return 0
    return max(0, (then - datetime.now(UTC)).total_seconds())
