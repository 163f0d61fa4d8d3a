"""The façade: one configured way out for every event."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, overload

from observability.configuration import Configuration, from_environment
from observability.context import Actor, ObsContext, bound_context
from observability.event import Event
from observability.events import EventsDropped
from observability.identifiers import new_uuid
from observability.privacy import keyed_hash
from observability.propagation import extract as extract_for
from observability.seal import SealedEvent, Sealer
from observability.sinks import Sink
from observability.sinks.logging_sink import LoggingSink


@dataclass(slots=True)
class Stats:
    """What became of the events of this process: each was written, dropped or withheld."""

    written: int = 0
    dropped: int = 0
    failed: int = 0


@dataclass(slots=True)
class _Facade:
    configuration: Configuration
    sealer: Sealer
    sink: Sink
    stats: Stats = field(default_factory=Stats)
    untold_drops: int = 0

    def context(self) -> ObsContext:
        return bound_context() or ObsContext(actor=self.configuration.actor)

    def write(self, sealed: SealedEvent) -> None:
        """Write a line; a sink that fails is counted and told once it is back."""
        try:
            self.sink.write(sealed.line)
        except OSError:
            self.stats.dropped += 1
            self.untold_drops += 1
            return
        self.stats.written += 1
        if self.untold_drops:
            self._tell_drops()

    def _tell_drops(self) -> None:
        dropped, self.untold_drops = self.untold_drops, 0
        told = EventsDropped(dropped_count=dropped, sink=self.sink.name, reason="write_failed")
        bare = ObsContext(actor=self.configuration.actor)
        for sealed in self.sealer.seal(told.event_name, told.payload(), bare):
            self.write(sealed)


def _assemble(
    configuration: Configuration,
    sink: Sink | None = None,
    now: Callable[[], datetime] | None = None,
    new_event_id: Callable[[], str] | None = None,
) -> _Facade:
    sealer = Sealer(
        strict=configuration.validate_strict,
        now=now or (lambda: datetime.now(UTC)),
        new_event_id=new_event_id or new_uuid,
    )
    return _Facade(configuration=configuration, sealer=sealer, sink=sink or LoggingSink())


_UNCONFIGURED = Configuration(
    actor=Actor(service_name="unknown_service", service_version="0", env="local")
)
_facade = _assemble(_UNCONFIGURED)


def configure(
    *,
    service_name: str,
    service_version: str,
    host: str | None = None,
    sink: Sink | None = None,
    now: Callable[[], datetime] | None = None,
    new_event_id: Callable[[], str] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> None:
    """Set the façade up, once, when a process starts.

    `host`, `sink`, `now` and `new_event_id` stand in for this machine's name, stdout, the clock and
    the id generator.
    Raises InvalidConfiguration for an environment variable that holds a wrong value.
    """
    global _facade
    configuration = from_environment(
        environment, service_name=service_name, service_version=service_version, host=host
    )
    _facade = _assemble(configuration, sink, now, new_event_id)


@overload
def emit(event: Event, ctx: ObsContext | None = None, /) -> None: ...
@overload
def emit(event: SealedEvent, /) -> None: ...
@overload
def emit(event: str, payload: Mapping[str, Any], ctx: ObsContext | None = None, /) -> None: ...
def emit(event: Event | SealedEvent | str, *rest: Any) -> None:
    """Validate an event and write it as one line.

    Takes a typed event, a registered name with its payload, or an event sealed before. `ctx` is
    by default the context bound to this task. With OBS_VALIDATE_STRICT on, an event that breaks
    its contract raises ContractViolation; otherwise `emit` never raises.
    """
    try:
        sealed = (event,) if isinstance(event, SealedEvent) else seal(event, *rest)
        for line in sealed:
            _facade.write(line)
    except Exception:
        _facade.stats.failed += 1
        if _facade.configuration.validate_strict:
            raise


@overload
def seal(event: Event, ctx: ObsContext | None = None, /) -> tuple[SealedEvent, ...]: ...
@overload
def seal(
    event: str, payload: Mapping[str, Any], ctx: ObsContext | None = None, /
) -> tuple[SealedEvent, ...]: ...
def seal(event: Event | str, first: Any = None, second: Any = None, /) -> tuple[SealedEvent, ...]:
    """Validate and encode an event without writing it.

    For events that tell a state change: record them in the transaction that makes the change, and
    `emit` them once it is committed. Judges violations as `emit` does.
    """
    if isinstance(event, Event):
        return _facade.sealer.seal(event.event_name, event.payload(), first or _facade.context())
    return _facade.sealer.seal(event, first, second or _facade.context())


def current_context() -> ObsContext:
    """Return the context bound to this task, else one that knows the actor alone."""
    return _facade.context()


def extract(carrier: Mapping[str, Any]) -> ObsContext:
    """Return the context that a message's carrier brings, with this process as its actor.

    Raises InvalidCarrier for anything that breaks `carrier.schema.json`.
    """
    return extract_for(carrier, _facade.configuration.actor)


def query_hash(text: str) -> str | None:
    """Return the keyed hash of a user's text, or None when OBS_HASH_KEY is not set."""
    key = _facade.configuration.hash_key
    return None if key is None else keyed_hash(text, key)


def stats() -> Stats:
    """Return this process's counts of events, by what became of them."""
    return _facade.stats
