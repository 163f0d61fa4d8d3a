"""A worker that has nothing to do: what is left is what a job run costs by itself."""

from psycopg import AsyncConnection

from workers.runtime.active_run import ActiveRun, Effect, Handler
from workers.runtime.command import worker_command


async def idle(run: ActiveRun) -> Effect:
    """Do nothing, and change nothing."""
    return _nothing


async def _nothing(connection: AsyncConnection) -> None:
    """Changes nothing."""


def _make_handler() -> Handler:
    return idle


if __name__ == "__main__":
    worker_command("indexer", "Idle.", _make_handler)
