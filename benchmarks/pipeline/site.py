"""A database of its own, with the API and workers over it whose observability is timed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg

from benchmarks.own_database import own_database
from benchmarks.pipeline.ledger import Ledger
from stack.launch import LOOPBACK, free_port, wait_until_healthy
from stack.processes import Folders, Service, running, service_environment
from store.pipeline import WORKERS


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineSite:
    """The database, the API's port, and the services that were started so far."""

    database_url: str
    port: int
    folders: Folders
    services: list[Service]

    @contextmanager
    def workers(self, *, idle: bool) -> Iterator[None]:
        """Run a worker of each kind, those of the product or idle ones, until the block ends."""
        started = [
            self.service(
                f"worker-{worker}",
                *(("benchmarks.pipeline.idle", worker) if idle else (f"workers.{worker}",)),
            )
            for worker in WORKERS
        ]
        self.services.extend(started)
        with running(started):
            yield

    def ledger(self, name: str) -> Ledger:
        """Return the account of a service's time."""
        return Ledger(self._ledger_path(name))

    def ask(self, statement: str) -> Sequence[tuple[float, ...]]:
        """Return the rows that the database answers with."""
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(statement.encode()).fetchall()

    def service(self, name: str, module: str, *arguments: str) -> Service:
        """Return a service, not yet started, whose observability is timed."""
        return Service(
            name=name,
            module="benchmarks.pipeline.observed",
            arguments=(str(self._ledger_path(name)), module, *arguments),
            environment=service_environment(self.database_url),
            folders=self.folders,
        )

    def _ledger_path(self, name: str) -> Path:
        return self.folders.logs / f"{name}.ledger"


@contextmanager
def pipeline_site() -> Iterator[PipelineSite]:
    """Run a database and the API until the block ends."""
    with own_database() as (url, folders):
        site = PipelineSite(database_url=url, port=free_port(), folders=folders, services=[])
        api = site.service("api", "api", "--port", str(site.port))
        site.services.append(api)
        with running([api]):
            with httpx.Client(base_url=f"http://{LOOPBACK}:{site.port}", timeout=60) as client:
                wait_until_healthy(client, [api])
            yield site
