"""The index, as pages use it: away from the event loop, and up to date."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from explorer.index import Index

#: An index that was looked over a shorter time ago is fresh.
FRESH_S = 0.5

Answer = TypeVar("Answer")


class Archive:
    """Asks an index, which takes in what was written to its files in the meantime."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._refreshing = threading.Lock()
        self._refreshed_s = 0.0
        #: How many lines have come since the start.
        self.lines = 0

    async def ask(self, question: Callable[[Index], Answer]) -> Answer:
        """Return the answer to a question, which has a thread of its own."""
        return await run_in_threadpool(self._answer, question)

    async def refresh(self) -> int:
        """Take in what is new; return how many lines have come since the start."""
        return await self.ask(lambda index: self.lines)

    def _answer(self, question: Callable[[Index], Answer]) -> Answer:
        # Whoever comes while another one takes in what is new does not wait for it.
        if self._refreshing.acquire(blocking=False):
            try:
                if time.monotonic() - self._refreshed_s > FRESH_S:
                    self.lines += self._index.refresh()
                    self._refreshed_s = time.monotonic()
            finally:
                self._refreshing.release()
        return question(self._index)
