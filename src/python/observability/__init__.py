"""Narralytica's only way to tell what happened: `import observability as obs`, `obs.emit(...)`."""

from observability import events
from observability.configuration import InvalidConfiguration
from observability.context import Actor
from observability.context import ObsContext
from observability.context import use_context
from observability.contracts import Violation
from observability.contracts import contract
from observability.emit import Stats
from observability.emit import configure
from observability.emit import current_context
from observability.emit import emit
from observability.emit import extract
from observability.emit import query_hash
from observability.emit import seal
from observability.emit import stats
from observability.event import Event
from observability.identifiers import new_uuid
from observability.propagation import InvalidCarrier
from observability.propagation import inject
from observability.propagation import parse_request_id
from observability.propagation import with_traceparent
from observability.seal import SealedEvent
from observability.validate import ContractViolation
from observability.validate import envelope_violations

__all__ = [
    "Actor",
    "ContractViolation",
    "Event",
    "InvalidCarrier",
    "InvalidConfiguration",
    "ObsContext",
    "SealedEvent",
    "Stats",
    "Violation",
    "configure",
    "contract",
    "current_context",
    "emit",
    "envelope_violations",
    "events",
    "extract",
    "inject",
    "new_uuid",
    "parse_request_id",
    "query_hash",
    "seal",
    "stats",
    "use_context",
    "with_traceparent",
]
