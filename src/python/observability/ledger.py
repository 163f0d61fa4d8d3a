"""What became of the events: every one that was emitted is written, dropped, or waits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from observability.counter import Counter
from observability.sinks import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkStats:
    """What became of the events that one sink got; those that wait are in its buffer."""

    written: int
    dropped: int
    waiting: int = 0

    @property
    def emitted(self) -> int:
        """How many the sink got: every one is written, dropped, or waits."""
        return self.written + self.dropped + self.waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """The counts of this process since the façade was configured, or since it was forked.

    `violated` events broke their contract: `withheld` of them were not emitted, the others without
    their undeclared keys. `suppressed` counts the `contract.violated` events that were not emitted
    because there were too many. `failed` counts events that were lost before they reached a sink.
    """

    violated: int
    withheld: int
    suppressed: int
    failed: int
    sinks: Mapping[str, SinkStats]


@dataclass(frozen=True, slots=True)
class Judgements:
    """Counts what came of judging events."""

    violated: Counter = field(default_factory=Counter)
    withheld: Counter = field(default_factory=Counter)
    suppressed: Counter = field(default_factory=Counter)
    failed: Counter = field(default_factory=Counter)


class Account:
    """What became of the events that one sink got, and which losses were told."""

    def __init__(self) -> None:
        self._written = Counter()
        #: Counts one more that the sink wrote.
        self.count_written = self._written.add
        #: How many were lost, by the reason.
        self.dropped: dict[Reason, Counter] = {}
        self._told: dict[Reason, int] = {}

    def drop(self, reason: Reason) -> None:
        """Count an event that was lost."""
        self.dropped.setdefault(reason, Counter()).add()

    def untold(self) -> Iterator[tuple[Reason, int]]:
        """Yield each reason with the number of events that were lost for it and not told."""
        for reason, count in tuple(self.dropped.items()):
            untold = count.value - self._told.get(reason, 0)
            if untold:
                yield reason, untold

    def tell(self, reason: Reason, count: int) -> None:
        """Note that `count` losses were told, by an event that was written in addition."""
        self._told[reason] = self._told.get(reason, 0) + count
        self.count_written()

    def stats(self) -> SinkStats:
        """Return the account as it stands."""
        dropped = sum(count.value for count in tuple(self.dropped.values()))
        return SinkStats(written=self._written.value, dropped=dropped)
