"""Posts OTLP messages over HTTP, and tries again while that helps."""

import email.utils
import math
import os
import time
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection

from observability.sinks import Reason, WriteFailed
from observability.sinks._otel_settings import Target

#: How long it waits before the second and the third try, in seconds.
BACKOFF_S = (0.2, 0.8)

# OTLP/HTTP, "Retryable Response Codes": these, and no others.
_RETRYABLE = frozenset((429, 502, 503, 504))

# Instead of seconds to wait before another try.
_NEVER = math.inf

# An answer is a few bytes; more is not from a collector.
_MAX_ANSWER = 64 * 1024


class _Failure(Exception):
    """A try failed, and the next one, if any, has to wait this long at least."""

    def __init__(self, reason: Reason, wait_s: float = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait_s = wait_s


class Receiver:
    """One path of a collector. For one thread at a time.

    The connection is kept from one message to the next. It belongs to the process that opened it:
    a fork opens its own, so that the two never mix their messages. Neither `logging` nor a proxy
    is used.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._headers = {**target.headers, "Content-Type": "application/x-protobuf"}
        self._connection: HTTPConnection | None = None
        self._process_id = 0

    def post(self, message: bytes) -> bytes:
        """Send a message and return the answer's body.

        Raises WriteFailed: `unreachable` if no answer comes, `refused` if it is not a good one.
        The target's timeout is for all tries together; none waits for a byte any longer.
        """
        deadline_s = time.monotonic() + self._target.timeout_s
        for backoff_s in (*BACKOFF_S, _NEVER):
            try:
                return self._try(message, deadline_s)
            except _Failure as failure:
                pause_s = max(backoff_s, failure.wait_s)
                if time.monotonic() + pause_s >= deadline_s:
                    raise WriteFailed(failure.reason) from failure
                time.sleep(pause_s)
        raise AssertionError("the last pause never ends")

    def _try(self, message: bytes, deadline_s: float) -> bytes:
        try:
            response, body = self._exchange(message, deadline_s)
        except (OSError, HTTPException) as error:
            self._close()
            raise _Failure("unreachable") from error
        if 200 <= response.status < 300:
            return body
        retryable = response.status in _RETRYABLE
        raise _Failure("refused", _retry_after_s(response) if retryable else _NEVER)

    def _exchange(self, message: bytes, deadline_s: float) -> tuple[HTTPResponse, bytes]:
        left_s = deadline_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("no time is left for another try")
        connection = self._open(left_s)
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
