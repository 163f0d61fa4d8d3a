"""What an exception means for the job run that met it."""

import asyncio
from dataclasses import dataclass

import observability as obs
from store.queue import InvalidMessage

WORKER_LOST = "worker_lost"
WORKER_STOPPED = "worker_stopped"


class BadInput(obs.SafeError):
    """The input can never be worked off, so another attempt would fail as well.

    Messages of this class and its subclasses are told in events: they must hold no user text.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a job run failed, as events tell it."""

    error: obs.ToldError
    retryable: bool


def failure_of(error: BaseException) -> Failure:
    """Classify an exception; only the project's own errors keep their message."""
    if isinstance(error, asyncio.CancelledError):
        return Failure(error=obs.ToldError(error_type=WORKER_STOPPED), retryable=True)
    final = isinstance(error, BadInput | InvalidMessage)
    return Failure(error=obs.told_error(error), retryable=not final)
