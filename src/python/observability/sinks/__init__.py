"""Where event lines go."""

from collections.abc import Sequence
from typing import Literal, Protocol, runtime_checkable

#: Why lines were lost, as `events_dropped.payload.schema.json` lists it.
Reason = Literal[
    "broken_pipe",
    "closed",
    "no_space",
    "timed_out",
    "queue_full",
    "unreachable",
    "refused",
    "write_failed",
]


class Sink(Protocol):
    """Takes whole event lines in the thread that emits them.

    `write` must come back within a bound that the sink states.
    """

    @property
    def name(self) -> str:
        """The sink's name in `events.dropped` and in `stats()`."""

    def write(self, line: bytes) -> None:
        """Write one line, its line feed included. Raises WriteFailed or OSError if it cannot."""


@runtime_checkable
class BatchSink(Protocol):
    """Takes lines in a thread of its own, behind a bounded buffer; it may take its time."""

    @property
    def name(self) -> str:
        """The sink's name in `events.dropped` and in `stats()`."""

    def write_batch(self, lines: Sequence[bytes]) -> None:
        """Write lines, each with its line feed, all or none. Raises WriteFailed or OSError."""


class WriteFailed(Exception):
    """A sink could not write; `reason` is what `events.dropped` tells."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason
