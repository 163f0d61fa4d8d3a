"""Keeps slow sinks out of the way of those who emit."""

import contextlib
import queue
import threading
from collections.abc import Sequence
from dataclasses import replace

from observability.counter import Counter
from observability.ledger import Account, SinkStats
from observability.outlet import TellDropped, reason_of
from observability.sinks import BatchSink

#: How many lines may wait, and how many are handed over at once.
CAPACITY = 10_000
BATCH = 500

#: How the names of the threads begin in which sinks work.
THREAD_PREFIX = "observability-"

_Item = bytes | threading.Event


class BackgroundOutlet:
    """Hands lines to a thread, which writes them in batches.

    The buffer is bounded: what does not fit is dropped at once and counted (`queue_full`). The
    thread starts with the first line, so that none is inherited by a fork.
    """

    def __init__(self, sink: BatchSink, tell_dropped: TellDropped) -> None:
        self.name = sink.name
        self._sink = sink
        self._tell_dropped = tell_dropped
        self._account = Account()
        self._queued = Counter()
        self._settled = Counter()
        # Unlike queue.Queue, its put takes no lock that a signal handler could find taken.
        self._queue: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._started = False

    def write(self, line: bytes) -> None:
        """Queue a line, or count it as dropped."""
        if self._queue.qsize() >= CAPACITY:
            self._account.drop("queue_full")
            return
        self._queued.add()
        self._queue.put(line)
        if not self._started:
            self._start()

    def flush(self, timeout_s: float) -> bool:
        """Wait until all lines that were queued before are written or dropped."""
        if not self._started:
            return True
        reached = threading.Event()
        self._queue.put(reached)
        return reached.wait(timeout_s)

    def stats(self) -> SinkStats:
        """Return the account; a line waits until it is written or dropped."""
        account = self._account.stats()
        # Looked at last: a line that is being settled may be missing, and none is counted twice.
        waiting = max(0, self._queued.value - self._settled.value)
        return replace(account, waiting=waiting)

    def _start(self) -> None:
        if self._starting.acquire(blocking=False):
            try:
                if self._started:
                    return
                # An interpreter that ends starts no threads: the line waits, and is counted so.
                with contextlib.suppress(RuntimeError):
                    name = THREAD_PREFIX + self.name
                    threading.Thread(target=self._work, name=name, daemon=True).start()
                    self._started = True
            finally:
                self._starting.release()

    def _work(self) -> None:
        while True:
            items = self._next_items()
            self._write_batch([item for item in items if isinstance(item, bytes)])
            for item in items:
                if isinstance(item, threading.Event):
                    item.set()

    def _next_items(self) -> list[_Item]:
        items = [self._queue.get()]
        with contextlib.suppress(queue.Empty):
            while len(items) < BATCH:
                items.append(self._queue.get_nowait())
        return items

    def _write_batch(self, lines: Sequence[bytes]) -> None:
        if not lines:
            return
        try:
            self._sink.write_batch(lines)
        except Exception as error:  # noqa: BLE001 - whatever it is, the lines are counted.
            for _ in lines:
                self._account.drop(reason_of(error))
                self._settled.add()
            return
        for _ in lines:
            self._account.count_written()
            self._settled.add()
        with contextlib.suppress(Exception):
            self._tell()

    def _tell(self) -> None:
        for reason, count in self._account.untold():
            self._sink.write_batch([self._tell_dropped(count, self.name, reason)])
            self._account.tell(reason, count)
