"""What the faults befall: a database behind a wire, the API and ten workers as processes."""

import contextlib
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from stack.embedded_postgres import embedded_postgres
from stack.launch import LOOPBACK, free_port, wait_until_healthy
from stack.processes import Folders, Service, running, service_environment
from store.database import migrate
from store.pipeline import WORKERS
from tests.chaos.wire import Wire, wire_to

# How long the database may take to be back after a crash.
RECOVERY_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A running stack. `database_url` leads to its database directly, not by way of the wire."""

    database_url: str
    wire: Wire
    api: Service
    workers: Sequence[Service]
    folders: Folders
    api_url: str

    def keep_running(self) -> None:
        """Start again what has ended, as whoever runs such services does."""
        for service in (self.api, *self.workers):
            service.keep_running()

    def query(self, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Ask the database directly, once it is there. Raises psycopg.OperationalError if not."""
        with self.connection() as connection:
            cursor = connection.execute(statement.encode(), arguments)
            return cursor.fetchall() if cursor.description else []

    def connection(self) -> psycopg.Connection:
        """Connect to the database directly; after a crash it takes a while to recover."""
        deadline_s = time.monotonic() + RECOVERY_S
        while True:
            try:
                return psycopg.connect(self.database_url)
            except psycopg.OperationalError:
                if time.monotonic() > deadline_s:
                    raise
                time.sleep(0.1)


@contextmanager
def running_site(
    *, workers: int, seed: int, settings: Mapping[str, str], folder: Path
) -> Iterator[Site]:
    """Run a stack of the API and `workers` processes, as many of each kind, until the block ends.

    `folder` gets the event lines and logs.
    """
    with ExitStack() as cleanup:
        # PostgreSQL's own user must be able to enter it.
        data_dir = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        data_dir.chmod(0o711)
        url = cleanup.enter_context(embedded_postgres(data_dir))
        migrate(url)
        wire = cleanup.enter_context(wire_to(url))
        port = free_port()
        environment = {**service_environment(wire.url(url)), **settings}
        folders = Folders.below(folder)
        commands = [("api", "api", ("--port", str(port)))]
        for number in range(workers):
            worker = WORKERS[number % len(WORKERS)]
            arguments = (worker, f"{seed}-{number}")
            commands.append((f"{worker}-{number}", "tests.chaos.unsteady_worker", arguments))
        services = [
            Service(
                name=name,
                module=module,
                arguments=arguments,
                environment=environment,
                folders=folders,
            )
            for name, module, arguments in commands
        ]
        cleanup.enter_context(running(services))
        api_url = f"http://{LOOPBACK}:{port}"
        with httpx.Client(base_url=api_url, timeout=60) as client:
            wait_until_healthy(client, services)
        api, *others = services
        yield Site(
            database_url=url,
            wire=wire,
            api=api,
            workers=others,
            folders=folders,
            api_url=api_url,
        )


def send_signal(service: Service, signal_number: signal.Signals) -> None:
    """Send a signal to a service; one that has just ended does not get it."""
    if service.process is not None:
        with contextlib.suppress(ProcessLookupError):
            service.process.send_signal(signal_number)
