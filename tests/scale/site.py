"""What runs on the machines: PostgreSQL on one, the API on another, the workers on any number."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from stack.launch import LOOPBACK, wait_until_healthy
from stack.processes import Folders, Service, service_environment, stop
from store.database import migrate
from tests.scale.network import Machine, network
from tests.scale.postgres import Postgres, postgres_on

API_PORT = 8000
API_URL = f"http://{LOOPBACK}:{API_PORT}"
TICK_S = 0.05

NEEDED_BY_ALL = ("database", "api")


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A worker process to run: a module, its arguments, and the machine that it is on."""

    machine: str
    module: str
    arguments: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A running stack; `services` has the services of each machine by its name.

    The workers wait for `start_workers`.
    """

    machines: Mapping[str, Machine]
    postgres: Postgres
    services: Mapping[str, Sequence[Service]]
    folders: Folders

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        """A client on the API's machine, for this thread: the API listens on loopback alone."""
        with self.machines["api"].entered(), httpx.Client(base_url=API_URL, timeout=60) as client:
            yield client

    @property
    def workers(self) -> Sequence[Service]:
        """All workers, wherever they are."""
        return [service for name in self.worker_machines for service in self.services[name]]

    @property
    def worker_machines(self) -> Sequence[str]:
        """The names of the machines that workers are on."""
        return [name for name in self.machines if name not in NEEDED_BY_ALL]

    def start_workers(self) -> None:
        """Start them all."""
        for worker in self.workers:
            worker.start()

    def keep_running(self) -> None:
        """Start again what has ended, as whoever runs such services does."""
        for service in (*self.services["api"], *self.workers):
            service.keep_running()

    def stop(self) -> None:
        """Stop all services, so that nothing more is told."""
        stop((*self.services["api"], *self.workers))

    def query(self, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Ask the database, whatever befalls the network."""
        with psycopg.connect(self.postgres.local_url) as connection:
            cursor = connection.execute(statement.encode(), arguments)
            return cursor.fetchall() if cursor.description else []

    def wait_until_ended(self, within_s: float) -> bool:
        """Wait until all that was accepted has ended and was told, or the time is up."""
        deadline_s = time.monotonic() + within_s
        while self.query(_OPEN) != [(0,)]:
            if time.monotonic() > deadline_s:
                return False
            self.keep_running()
            time.sleep(TICK_S)
        return True


_OPEN = """
    SELECT (SELECT count(*) FROM jobs WHERE ended_at IS NULL)
         + (SELECT count(*) FROM procrastinate_jobs)
         + (SELECT count(*) FROM outbox)
"""


@contextmanager
def running_site(
    *,
    workers: Sequence[Process],
    programs: Path | None,
    settings: Mapping[str, str],
    folder: Path,
) -> Iterator[Site]:
    """Run PostgreSQL, the API and workers, each on its machine, until the block ends.

    `programs` is as `postgres_on` takes it; `folder` gets the event lines and logs.
    """
    names = (*NEEDED_BY_ALL, *dict.fromkeys(worker.machine for worker in workers))
    with ExitStack() as cleanup:
        machines = cleanup.enter_context(network(names))
        postgres = cleanup.enter_context(postgres_on(machines["database"], programs))
        migrate(postgres.local_url)
        environment = {**service_environment(postgres.url), **settings}
        folders = Folders.below(folder)
        listening = ("--host", LOOPBACK, "--port", str(API_PORT))
        services: dict[str, list[Service]] = {name: [] for name in names}
        for process in (Process(machine="api", module="api", arguments=listening), *workers):
            there = services[process.machine]
            service = Service(
                name=f"{process.machine}.{len(there)}",
                module=process.module,
                arguments=process.arguments,
                environment=environment,
                folders=folders,
                launcher=machines[process.machine].launcher,
            )
            there.append(service)
        site = Site(machines=machines, postgres=postgres, services=services, folders=folders)
        cleanup.callback(site.stop)
        [api] = services["api"]
        api.start()
        with site.client() as client:
            wait_until_healthy(client, [api])
        yield site
