"""What an exception means for the job run that met it."""

import asyncio
from dataclasses import dataclass

from store.queue import InvalidMessage

MAX_MESSAGE = 256

WORKER_LOST = "worker_lost"
WORKER_STOPPED = "worker_stopped"


class BadInput(Exception):
    """The input can never be worked off, so another attempt would fail as well.

    Messages of this class and its subclasses are told in events: they must hold no user text.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a job run failed, as events tell it."""

    error_type: str
    error_message: str | None
    retryable: bool


def failure_of(error: BaseException) -> Failure:
    """Classify an exception; only the project's own errors keep their message."""
    if isinstance(error, asyncio.CancelledError):
        return Failure(error_type=WORKER_STOPPED, error_message=None, retryable=True)
    name = type(error).__qualname__.replace("<locals>.", "")
    if isinstance(error, BadInput | InvalidMessage):
        message = str(error)[:MAX_MESSAGE] or None
        return Failure(error_type=name, error_message=message, retryable=False)
    return Failure(error_type=name, error_message=None, retryable=True)
