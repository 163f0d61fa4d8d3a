"""The queue between API and workers: one queue a worker, one message a job run to come."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from procrastinate import App as Queue
from procrastinate import PsycopgConnector
from procrastinate.jobs import Job as QueueEntry
from psycopg import AsyncConnection

import observability as obs
from store.database import CONNECT_TIMEOUT_S, RECONNECT_TIMEOUT_S
from store.entries import OwnedEntries
from store.jobs import set_entry
from store.pipeline import Worker

MESSAGE = obs.contract("messages/job_message.schema.json")


class InvalidMessage(obs.SafeError):
    """A message that breaks `job_message.schema.json`; the text names places and rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobMessage:
    """What the API tells the first worker, and each worker the next."""

    carrier: Mapping[str, Any]

    def context(self) -> obs.ObsContext:
        """Return the sender's context, with this process as its actor."""
        return obs.extract(self.carrier)


def queue_at(url: str) -> Queue:
    """Return the queue, not yet open, in the database at `url`."""
    connector = PsycopgConnector(
        conninfo=url,
        min_size=1,
        max_size=3,
        timeout=CONNECT_TIMEOUT_S,
        reconnect_timeout=RECONNECT_TIMEOUT_S,
    )
    queue = Queue(connector=connector)
    queue.job_manager = OwnedEntries(connector)
    return queue


async def until_stuck(queue: Queue) -> None:
    """Wait until the queue has an entry that this worker had and could not end."""
    await cast(OwnedEntries, queue.job_manager).stuck.wait()


def task_name(worker: Worker) -> str:
    """Return the name under which a worker's task is registered."""
    return f"narralytica:{worker}"


async def send(
    queue: Queue, connection: AsyncConnection, worker: Worker, message: JobMessage
) -> None:
    """Queue a message for `worker` within the connection's transaction, as its job's last one.

    Raises InvalidMessage for a message that the receiver would refuse.
    """
    body: dict[str, Any] = {"carrier": dict(message.carrier)}
    _check(body)
    deferrer = queue.configure_task(task_name(worker), queue=worker, connection=connection)
    entry_id = await deferrer.defer_async(**body)
    await set_entry(connection, str(message.carrier["job_id"]), entry_id)


def parse_message(entry: QueueEntry) -> JobMessage:
    """Return the message that a queue entry holds. Raises InvalidMessage."""
    _check(entry.task_kwargs)
    return JobMessage(carrier=cast(Mapping[str, Any], entry.task_kwargs["carrier"]))


def named_job(entry: QueueEntry) -> str | None:
    """Return the id of the job that a message names, even if it cannot be read as a whole."""
    match entry.task_kwargs:
        case {"carrier": {"job_id": str(job_id)}}:
            try:
                return str(UUID(job_id))
            except ValueError:
                return None
    return None


def _check(body: object) -> None:
    broken = MESSAGE.violations(body)
    if broken:
        rules = "; ".join(
            f"{violation.path or '/'} breaks {violation.rule}" for violation in broken
        )
        raise InvalidMessage(f"the message cannot be read: {rules}")


__all__ = [
    "InvalidMessage",
    "JobMessage",
    "Queue",
    "QueueEntry",
    "named_job",
    "parse_message",
    "queue_at",
    "send",
    "task_name",
    "until_stuck",
]
