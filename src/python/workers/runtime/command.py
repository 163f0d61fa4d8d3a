"""The command line of a worker process."""

import asyncio
import os
from collections.abc import Callable

import click
import psycopg
from product_version import VERSION

import observability as obs
from store.database import MissingDatabaseUrl, database_url, migrate
from store.pipeline import Worker
from workers.runtime.active_run import Handler
from workers.runtime.worker import serve


def worker_command(worker: Worker, purpose: str, make_handler: Callable[[], Handler]) -> None:
    """Run the command line of the worker `worker`.

    `make_handler` loads the models; it is called once, after the settings have been checked.
    """
    name = f"worker-{worker}"

    @click.command(help=f"{purpose} Settings: DATABASE_URL, OBS_VALIDATE_STRICT, OBS_ENV.")
    @click.version_option(VERSION, prog_name=name)
    def command() -> None:
        try:
            url = database_url(os.environ)
            obs.configure(service_name=name, service_version=VERSION)
            migrate(url)
        except (MissingDatabaseUrl, obs.InvalidConfiguration) as error:
            raise click.UsageError(str(error)) from error
        except psycopg.OperationalError as error:
            raise click.ClickException(f"the database cannot be reached: {error}") from error
        asyncio.run(serve(url, worker, make_handler()))
        # A model that still computes in a thread must not hold the stopped process back: its run
        # has been handed back already.
        os._exit(0)

    command(prog_name=name)
