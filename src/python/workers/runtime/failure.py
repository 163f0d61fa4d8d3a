"""What an exception means for the job run that met it."""

import asyncio
from dataclasses import dataclass

import observability as obs
from store.database import DATABASE_AWAY
from store.queue import InvalidMessage

#: How often a worker fails at a job, by the class of its last error, before the job fails.
MOST_OF_TRANSIENT = 5
MOST_OF_UNEXPECTED = 3
MOST_OF_FINAL = 1

WORKER_LOST = "worker_lost"
WORKER_STOPPED = "worker_stopped"


class BadInput(obs.SafeError):
    """The input can never be worked off, so another attempt would fail as well.

    Messages of this class and its subclasses are told in events: they must hold no user text.
    """


class Unavailable(obs.SafeError):
    """Something that the work needs is not there just now; `retry_after_s` is what it asked for.

    Messages of this class and its subclasses are told in events: they must hold no user text.
    """

    def __init__(self, message: str, *, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


#: Errors that may pass by themselves. Time-outs and lost connections are OSErrors (PEP 3151).
TRANSIENT = (*DATABASE_AWAY, OSError, Unavailable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a job run failed, as events tell it.

    The job fails with the worker's failure number `most`; None: a worker that is stopped has not
    failed.
    """

    error: obs.ToldError
    most: int | None


def failure_of(error: BaseException) -> Failure:
    """Classify an exception; only the project's own errors keep their message."""
    if isinstance(error, asyncio.CancelledError):
        return Failure(error=obs.ToldError(error_type=WORKER_STOPPED), most=None)
    return Failure(error=obs.told_error(error), most=_most(error))


def _most(error: BaseException) -> int:
    if isinstance(error, BadInput | InvalidMessage):
        return MOST_OF_FINAL
    return MOST_OF_TRANSIENT if isinstance(error, TRANSIENT) else MOST_OF_UNEXPECTED
