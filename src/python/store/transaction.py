"""A state change and the events that tell it, committed together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg import AsyncConnection

import observability as obs


@dataclass(frozen=True, slots=True)
class Transaction:
    """An open transaction; `tell` adds an event to what it commits."""

    connection: AsyncConnection
    told: list[obs.SealedEvent] = field(default_factory=list)

    def tell(self, event: obs.Event, ctx: obs.ObsContext) -> None:
        """Record an event with the state change: its line is written once that is committed."""
        self.told.extend(obs.seal(event, ctx))

    def tell_named(self, event_name: str, payload: Mapping[str, Any], ctx: obs.ObsContext) -> None:
        """Record an event of a name that was kept before, as `tell` does."""
        self.told.extend(obs.seal(event_name, payload, ctx))
