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
from observability.executor import ContextExecutor
from observability.identifiers import new_uuid
from observability.ledger import SinkStats, Stats
from observability.lifecycle import (
    IndexSync,
    JobRun,
    Layer,
    end_job_run_failure,
    end_job_run_success,
    index_sync,
    job_run,
    layer,
    start_job_run,
)
from observability.privacy import SafeError, ToldError, told_error
from observability.propagation import InvalidCarrier, inject, parse_request_id, with_traceparent
from observability.seal import SealedEvent
from observability.validate import ContractViolation, envelope_violations

__all__ = [
    "Actor",
    "ContextExecutor",
    "ContractViolation",
    "Event",
    "IndexSync",
    "InvalidCarrier",
    "InvalidConfiguration",
    "JobRun",
    "Layer",
    "ObsContext",
    "SafeError",
    "SealedEvent",
    "SinkStats",
    "Stats",
    "ToldError",
    "Violation",
    "configure",
    "contract",
    "current_context",
    "emit",
    "end_job_run_failure",
    "end_job_run_success",
    "envelope_violations",
    "events",
    "extract",
    "flush",
    "index_sync",
    "inject",
    "job_run",
    "layer",
    "new_uuid",
    "parse_request_id",
    "query_hash",
    "seal",
    "start_job_run",
    "stats",
    "told_error",
    "use_context",
    "with_traceparent",
]
