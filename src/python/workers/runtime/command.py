"""The command line of a worker process."""

import asyncio
import os
from collections.abc import Callable

import click
import psycopg
from procrastinate.exceptions import ConnectorException

import observability as obs
from product_version import VERSION
from store.database import InvalidDatabaseUrl, database_url, migrate, out_of_reach
from store.pipeline import Worker
from workers.runtime.active_run import Handler
from workers.runtime.settings import InvalidSetting
from workers.runtime.timing import Timing, timing_from
from workers.runtime.worker import GivenUp, serve

SETTINGS = (
    "Settings: DATABASE_URL, OBS_VALIDATE_STRICT, OBS_SINKS, OBS_ENV, "
    "WORKER_HEARTBEAT_S, WORKER_STALLED_S, WORKER_GRACE_S, WORKER_LONGEST_DELAY_S."
)


def worker_command(worker: Worker, purpose: str, make_handler: Callable[[], Handler]) -> None:
    """Run the command line of the worker `worker`.

    `make_handler` loads the models; it is called once, after the settings that all workers have
    were checked, and raises InvalidSetting for those of its own.
    """
    name = f"worker-{worker}"

    @click.command(help=f"{purpose} {SETTINGS}")
    @click.version_option(VERSION, prog_name=name)
    def command() -> None:
        try:
            url, timing = database_url(os.environ), timing_from(os.environ)
            obs.configure(service_name=name, service_version=VERSION, library_logs=True)
            migrate(url)
            handler = make_handler()
        except (InvalidDatabaseUrl, InvalidSetting, obs.InvalidConfiguration) as error:
            raise click.UsageError(str(error)) from error
        except psycopg.OperationalError as error:
            raise click.ClickException(out_of_reach(error)) from error
        asyncio.run(_serve_and_exit(url, worker, handler, timing))

    command(prog_name=name)


async def _serve_and_exit(url: str, worker: Worker, handler: Handler, timing: Timing) -> None:
    """Serve, and end the process.

    A model that still computes in a thread must not hold the process back: its run has been
    handed back already.
    """
    problem = None
    try:
        await serve(url, worker, handler, timing)
    except (psycopg.OperationalError, ConnectorException) as error:
        problem = out_of_reach(error)
    except GivenUp as error:
        problem = str(error)
    if problem is not None:
        click.ClickException(problem).show()
    os._exit(0 if problem is None else 1)
