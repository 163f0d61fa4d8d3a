"""A worker that does nothing but what every worker does; its argument is which one."""

import sys

from psycopg import AsyncConnection

from store.pipeline import WORKERS
from workers.runtime.active_run import ActiveRun, Effect, Handler
from workers.runtime.command import worker_command


def idle() -> Handler:
    """Return a handler without work."""

    async def handler(run: ActiveRun) -> Effect:
        return _nothing

    return handler


async def _nothing(connection: AsyncConnection) -> None:
    """Changes nothing."""


if __name__ == "__main__":
    [given] = sys.argv[1:]
    [worker] = [known for known in WORKERS if known == given]
    sys.argv[1:] = []
    worker_command(worker, "Does nothing.", idle)
