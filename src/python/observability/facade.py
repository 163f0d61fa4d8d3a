"""The configured way out for every event."""

from collections.abc import Callable

from observability.background import BackgroundOutlet
from observability.configuration import Configuration
from observability.context import ObsContext
from observability.events import EventsDropped
from observability.ledger import Stats
from observability.outlet import DirectOutlet, Outlet
from observability.seal import Sealer
from observability.sinks import BatchSink, Reason, Sink


class Facade:
    """Seals events for one process and gives their lines to its sinks."""

    def __init__(
        self,
        configuration: Configuration,
        *,
        now_ns: Callable[[], int],
        new_event_id: Callable[[], object],
    ) -> None:
        self.configuration = configuration
        self.sealer = Sealer(
            actor=configuration.actor,
            strict=configuration.validate_strict,
            now_ns=now_ns,
            new_event_id=new_event_id,
        )
        #: Returns the line of an event that keeps its contract, else None.
        self.line = self.sealer.line
        #: What events bear when no context is bound: the actor alone.
        self.unbound_context = ObsContext(actor=configuration.actor)
        self._outlets = tuple(self._outlet(sink) for sink in configuration.sinks)
        #: Gives a line to every sink; never raises.
        self.write = self._outlets[0].write if len(self._outlets) == 1 else self._write_to_all

    def _write_to_all(self, line: bytes) -> None:
        for outlet in self._outlets:
            outlet.write(line)

    def flush(self, timeout_s: float) -> bool:
        """Wait until nothing waits; return False if something still does."""
        flushed = [outlet.flush(timeout_s) for outlet in self._outlets]
        return all(flushed)

    def stats(self) -> Stats:
        """Return the counts so far."""
        judgements = self.sealer.judgements
        return Stats(
            violated=judgements.violated.value,
            withheld=judgements.withheld.value,
            suppressed=judgements.suppressed.value,
            failed=judgements.failed.value,
            sinks={outlet.name: outlet.stats() for outlet in self._outlets},
        )

    def successor(self) -> "Facade":
        """Return a façade set up alike, whose account begins anew."""
        return Facade(
            self.configuration,
            now_ns=self.sealer.now_ns,
            new_event_id=self.sealer.new_event_id,
        )

    def _outlet(self, sink: Sink | BatchSink) -> Outlet:
        if isinstance(sink, BatchSink):
            return BackgroundOutlet(sink, self._dropped_line)
        return DirectOutlet(sink, self._dropped_line)

    def _dropped_line(self, count: int, sink: str, reason: Reason) -> bytes:
        return self.sealer.own(EventsDropped(dropped_count=count, sink=sink, reason=reason)).line
