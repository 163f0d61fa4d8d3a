"""The façade's functions, and the one configured façade behind them."""

import atexit
import os
import time
from collections.abc import Callable, Mapping
from typing import Any, overload

from observability.configuration import Configuration, from_environment
from observability.context import Actor, ObsContext, bound_context
from observability.event import Event
from observability.facade import Facade
from observability.identifiers import new_event_id
from observability.ledger import Stats
from observability.library_logs import capture_library_logs
from observability.privacy import keyed_hash
from observability.propagation import extract as extract_for
from observability.seal import SealedEvent
from observability.sinks import BatchSink, Sink
from observability.sinks.logging_sink import LoggingSink

#: How long a process that ends waits for sinks that work in the background, in seconds.
EXIT_FLUSH_S = 2.0

_facade = Facade(
    Configuration(
        actor=Actor(service_name="unknown_service", service_version="0", env="local"),
        sinks=(LoggingSink(),),
    ),
    now_ns=time.time_ns,
    new_event_id=new_event_id,
)


def configure(
    *,
    service_name: str | None = None,
    service_version: str | None = None,
    host: str | None = None,
    sinks: tuple[Sink | BatchSink, ...] | None = None,
    now_ns: Callable[[], int] = time.time_ns,
    new_event_id: Callable[[], object] = new_event_id,
    environment: Mapping[str, str] = os.environ,
    library_logs: bool = False,
) -> None:
    """Set the façade up, once, when a process starts.

    An argument goes before its environment variable (OBS_SERVICE_NAME, OBS_SERVICE_VERSION,
    OBS_SINKS); `host` is by default this machine's name. `now_ns` (Unix time in nanoseconds) and
    `new_event_id` (what `str` makes an id of) stand in for the clock and the id generator.
    `library_logs` is for services: it takes over this process's log lines, warnings and uncaught
    exceptions (`library_logs.py`).
    Raises InvalidConfiguration for an environment variable that holds a wrong value.
    """
    configuration = from_environment(
        environment,
        service_name=service_name,
        service_version=service_version,
        host=host,
        sinks=sinks,
    )
    install(Facade(configuration, now_ns=now_ns, new_event_id=new_event_id))
    if library_logs:
        capture_library_logs(emit)


def install(facade: Facade) -> Facade:
    """Put a façade in place and return the one that was; `configure` and `testing` do."""
    global _facade
    before, _facade = _facade, facade
    return before


@overload
def emit(event: Event, ctx: ObsContext | None = None, /) -> None: ...
@overload
def emit(event: SealedEvent, /) -> None: ...
@overload
def emit(event: str, payload: Mapping[str, Any], ctx: ObsContext | None = None, /) -> None: ...
def emit(event: Event | SealedEvent | str, first: Any = None, second: Any = None, /) -> None:
    """Validate an event and write it as one line.

    Takes a typed event, a registered name with its payload, or an event sealed before. `ctx` is
    by default the context bound to this task. With OBS_VALIDATE_STRICT on, an event that breaks
    its contract raises ContractViolation; otherwise `emit` never raises. It blocks no longer than
    the sink: five seconds on a pipe that nobody reads, and not at all after that.
    """
    facade = _facade
    try:
        name, payload, ctx = event, first, second
        if event.__class__ is not str:
            if isinstance(event, SealedEvent):
                facade.write(event.line)
                return
            if isinstance(event, Event):
                name, payload, ctx = event.event_name, event._payload, first  # noqa: SLF001
        ctx = ctx or bound_context.get() or facade.unbound_context
        line = facade.line(name, payload, ctx)
        if line is not None:
            facade.write(line)
            return
        for sealed in facade.sealer.judge(name, payload, ctx):
            facade.write(sealed.line)
    except Exception:
        facade.sealer.judgements.failed.add()
        if facade.configuration.validate_strict:
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
    return _facade.sealer.seal(*_parts(event, first, second))


def _parts(
    event: Event | str, first: Any, second: Any
) -> tuple[str, Mapping[str, Any], ObsContext]:
    if isinstance(event, Event):
        payload = event._payload  # noqa: SLF001 - no copy: sealing changes nothing.
        return event.event_name, payload, first or current_context()
    return event, first, second or current_context()


def current_context() -> ObsContext:
    """Return the context bound to this task, else one that knows the actor alone."""
    return bound_context.get() or _facade.unbound_context


def extract(carrier: Mapping[str, Any]) -> ObsContext:
    """Return the context that a message's carrier brings, with this process as its actor.

    Raises InvalidCarrier for anything that breaks `carrier.schema.json`.
    """
    return extract_for(carrier, _facade.configuration.actor)


def query_hash(text: str) -> str | None:
    """Return the keyed hash of a user's text, or None when OBS_HASH_KEY is not set."""
    key = _facade.configuration.hash_key
    return None if key is None else keyed_hash(text, key)


def flush(timeout_s: float = EXIT_FLUSH_S) -> bool:
    """Wait until the sinks have written what waits; return False if some of it still does."""
    return _facade.flush(timeout_s)


def stats() -> Stats:
    """Return this process's counts of events, by what became of them."""
    return _facade.stats()


# What a child counts and writes is its own.
os.register_at_fork(after_in_child=lambda: install(_facade.successor()))
# The function, not the façade: whichever is configured by then.
atexit.register(lambda: _facade.flush(EXIT_FLUSH_S))
