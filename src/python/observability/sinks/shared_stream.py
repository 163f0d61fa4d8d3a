"""Writes whole lines to a pipe, a terminal or a socket that others write to as well."""

import fcntl
import os
import select
import threading
import time


class SharedStream:
    """Lets one line in after the other, from all threads and processes that share the stream.

    A pipe takes no more than PIPE_BUF bytes (4 KiB) at once, so that longer lines of two writers
    would mix. Each thread therefore opens the stream anew, without blocking, and holds its `flock`
    while it writes: the kernel gives that up when a writer dies, and a fork does not inherit it.
    Where a stream cannot be opened anew (a socket; a system without /proc), lines up to PIPE_BUF
    bytes stay whole.
    """

    #: How long a write waits for the reader and for other writers, in seconds. Once it has waited
    #: in vain, writes do not wait at all until one succeeds.
    WAIT_S = 5.0

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._ends = threading.local()
        self._stalled = False
        self._torn = False

    def write(self, line: bytes) -> None:
        """Write one line. Raises TimeoutError when nobody reads, else OSError."""
        deadline_s = time.monotonic() + (0 if self._stalled else self.WAIT_S)
        end = self._end()
        try:
            end.lock(deadline_s)
            try:
                self._write_whole(end, b"\n" + line if self._torn else line, deadline_s)
            finally:
                end.unlock()
        except TimeoutError:
            self._stalled = True
            raise
        self._stalled = False

    def _write_whole(self, end: "_End", line: bytes, deadline_s: float) -> None:
        written = end.write(line, deadline_s)
        try:
            while written < len(line):
                written += end.write(line[written:], deadline_s)
        except OSError:
            # Not before it is so: a fork in the midst of writing would inherit it.
            self._torn = True
            raise
        self._torn = False

    def _end(self) -> "_End":
        """Return this thread's own end of the stream; a fork leaves its parent's to the parent."""
        end: _End | None = getattr(self._ends, "end", None)
        if end is None or end.process_id != os.getpid():
            end = self._ends.end = _open_end(self._descriptor)
        return end


class _End:
    """An open file description of this thread's own, so that its lock excludes other threads."""

    def __init__(self, descriptor: int) -> None:
        self.process_id = os.getpid()
        self._descriptor = descriptor
        self._writable = select.poll()
        self._writable.register(descriptor, select.POLLOUT)

    def __del__(self) -> None:
        os.close(self._descriptor)

    def lock(self, deadline_s: float) -> None:
        pause_s = 0.0001
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline_s:
                    raise TimeoutError("other writers hold the stream") from None
                time.sleep(pause_s)
                pause_s = min(2 * pause_s, 0.001)
            else:
                return

    def unlock(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def write(self, data: bytes, deadline_s: float) -> int:
        """Write what fits, and return how much that was; wait until something fits."""
        while True:
            try:
                return os.write(self._descriptor, data)
            except BlockingIOError:
                self.wait(deadline_s)

    def wait(self, deadline_s: float) -> None:
        left_ms = 1000 * (deadline_s - time.monotonic())
        if left_ms <= 0 or not self._writable.poll(left_ms):
            raise TimeoutError("nobody reads the stream")


class _InheritedEnd(_End):
    """The descriptor itself, which other threads and processes share, in whatever mode it is."""

    def __del__(self) -> None:
        """Leave the descriptor open: it is not this object's."""

    def lock(self, deadline_s: float) -> None:
        """Hold nothing: a lock would be shared with those whom it should keep out."""

    def unlock(self) -> None:
        """Nothing is held."""

    def write(self, data: bytes, deadline_s: float) -> int:
        """Write as much as fits without blocking, once something does."""
        self.wait(deadline_s)
        return super().write(data[: select.PIPE_BUF], deadline_s)


def _open_end(descriptor: int) -> _End:
    try:
        flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY
        return _End(os.open(f"/proc/self/fd/{descriptor}", flags))
    except OSError:
        return _InheritedEnd(descriptor)
