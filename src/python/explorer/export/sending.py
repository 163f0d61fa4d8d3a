"""Sends batches of history, and keeps the account of what was accepted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from observability.sinks.otlp_history import Batch, Delivery, Destination, History, Signal

#: What a signal consists of, as people say it.
NOUNS: Mapping[Signal, str] = {"logs": "log records", "traces": "spans"}


@dataclass(slots=True, kw_only=True)
class Account:
    """What was found and what became of it, by signal. `why` tells each reason once."""

    events: int = 0
    repeats: int = 0
    found: dict[Signal, int] = field(default_factory=lambda: dict.fromkeys(NOUNS, 0))
    accepted: dict[Signal, int] = field(default_factory=lambda: dict.fromkeys(NOUNS, 0))
    not_accepted: dict[Signal, int] = field(default_factory=lambda: dict.fromkeys(NOUNS, 0))
    why: dict[str, None] = field(default_factory=dict)
    #: Whether the rest was not tried, since nothing could come of it.
    stopped: bool = False

    @property
    def complete(self) -> bool:
        """Whether all that was found was accepted."""
        return not self.stopped and not any(self.not_accepted.values())

    def find(self, batch: Batch) -> None:
        """Count what is in a batch."""
        self.events += len(batch.events)
        self.repeats += batch.repeats
        self.found["logs"] += len(batch.events)
        self.found["traces"] += len(batch.spans)

    def take(self, signal: Signal, delivery: Delivery) -> None:
        """Count what became of a batch."""
        self.accepted[signal] += delivery.accepted
        self.not_accepted[signal] += delivery.not_accepted
        if delivery.not_accepted:
            self.why[delivery.why or "rejected without a reason"] = None
        # A wrong address or token: the next batch would fare no better.
        hopeless = delivery.not_accepted and not any(self.accepted.values())
        self.stopped = self.stopped or delivery.unreachable or bool(hopeless)


def send_all(
    lines: Iterable[list[bytes]], destination: Destination | None, account: Account
) -> None:
    """Send batches of lines until all are sent, or it is hopeless; without a destination, count."""
    history = History()
    for each in lines:
        batch = history.batch(each)
        account.find(batch)
        if destination is None:
            continue
        for signal, delivery in destination.send(batch).items():
            account.take(signal, delivery)
        if account.stopped:
            return
