"""The queue between API and workers: one queue a worker, one message a job run to come."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from procrastinate import App as Queue
from procrastinate import PsycopgConnector
from psycopg import AsyncConnection

import observability as obs
from store.pipeline import Worker

MESSAGE = obs.contract("messages/job_message.schema.json")


class InvalidMessage(ValueError):
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
    return Queue(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=3))


def task_name(worker: Worker) -> str:
    """Return the name under which a worker's task is registered."""
    return f"narralytica:{worker}"


async def send(
    queue: Queue, connection: AsyncConnection, worker: Worker, message: JobMessage
) -> None:
    """Queue a message for `worker` within the connection's transaction.

    Raises InvalidMessage for a message that the receiver would refuse.
    """
    body: dict[str, Any] = {"carrier": dict(message.carrier)}
    _check(body)
    deferrer = queue.configure_task(task_name(worker), queue=worker, connection=connection)
    await deferrer.defer_async(message=body)


def parse_message(body: object) -> JobMessage:
    """Return the message that a queue entry holds. Raises InvalidMessage."""
    _check(body)
    return JobMessage(carrier=cast(dict[str, Any], body)["carrier"])


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
    "parse_message",
    "queue_at",
    "send",
    "task_name",
]
