"""Narralytica's only way to tell what happened: `import observability as obs`, `obs.emit(...)`."""

from observability import events
from observability.configuration import InvalidConfiguration
from observability.context import Actor, ObsContext, use_context
from observability.contracts import Violation, contract
from observability.emit import (
    configure,
    current_context,
    emit,
    extract,
    flush,
    query_hash,
    seal,
    stats,
)
from observability.event import Event
from observability.identifiers import new_uuid
from observability.ledger import SinkStats, Stats
from observability.propagation import InvalidCarrier, inject, parse_request_id, with_traceparent
from observability.seal import SealedEvent
from observability.validate import ContractViolation, envelope_violations

__all__ = [
    "Actor",
    "ContractViolation",
    "Event",
    "InvalidCarrier",
    "InvalidConfiguration",
    "ObsContext",
    "SealedEvent",
    "SinkStats",
    "Stats",
    "Violation",
    "configure",
    "contract",
    "current_context",
    "emit",
    "envelope_violations",
    "events",
    "extract",
    "flush",
    "inject",
    "new_uuid",
    "parse_request_id",
    "query_hash",
    "seal",
    "stats",
    "use_context",
    "with_traceparent",
]
