"""Runs the API and the five workers as processes of this machine, and keeps them running."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stack.parent_death import signalled_by_parent_death
from store.pipeline import WORKERS

# Longer than a worker's own grace period, after which it hands its run back and ends.
STOP_SECONDS = 20.0

# A service that cannot start must not be started in a tight loop.
RESTART_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """Where a running stack keeps what it says: event lines, and whatever goes to stderr."""

    events: Path
    logs: Path

    @classmethod
    def below(cls, data_dir: Path) -> "Folders":
        """Make the folders below `data_dir`, closed to other users."""
        folders = cls(events=data_dir / "events", logs=data_dir / "logs")
        for folder in (folders.events, folders.logs):
            folder.mkdir(mode=0o700, exist_ok=True)
        return folders

    def event_files(self) -> list[Path]:
        """Return the files of event lines, one a service."""
        return sorted(self.events.glob("*.jsonl"))


@dataclass(slots=True, kw_only=True)
class Service:
    """One process of the stack, started again when it ends by itself.

    `launcher` is what its command line begins with: a program that becomes the process, if any.
    Its stdout goes to the event file if it `tells` events, else to the log, as its stderr does.
    """

    name: str
    module: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    folders: Folders
    launcher: Sequence[str] = ()
    tells: bool = True
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    started_s: float = field(default=0.0, init=False)

    def start(self) -> None:
        """Start the process."""
        log = self.folders.logs / f"{self.name}.log"
        said = self.folders.events / f"{self.name}.jsonl" if self.tells else log
        with said.open("ab") as stdout, log.open("ab") as stderr:
            self.process = subprocess.Popen(
                [*self.launcher, sys.executable, "-P", "-m", self.module, *self.arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                # Ctrl-C is for the supervisor, which stops the services in order.
                start_new_session=True,
                # Not SIGINT: a library that is being imported may swallow KeyboardInterrupt.
                preexec_fn=signalled_by_parent_death(signal.SIGTERM),
            )
        self.started_s = time.monotonic()

    def keep_running(self) -> None:
        """Start the process again if it has ended."""
        ended = self.process is not None and self.process.poll() is not None
        if ended and time.monotonic() - self.started_s > RESTART_SECONDS:
            self.start()


@contextlib.contextmanager
def running_services(
    database_url: str, folders: Folders, *, port: int, explorer_port: int | None = None
) -> Iterator[Sequence[Service]]:
    """Run the API on `port` of the loopback address, and the five workers, during a with block.

    With `explorer_port` the explorer too, and the API's answers lead to its pages.
    When the block ends they are stopped with SIGTERM, so that they finish or hand back what they
    have; one that does not stop in time is killed, and its work recovered at the next start.
    """
    environment = service_environment(database_url)
    if explorer_port is not None:
        environment["NARRALYTICA_EXPLORER_URL"] = f"http://127.0.0.1:{explorer_port}/explorer"
    services = [
        Service(
            name=name,
            module=module,
            arguments=arguments,
            environment=environment,
            folders=folders,
        )
        for name, module, arguments in _commands(port)
    ]
    if explorer_port is not None:
        services.append(explorer_service(folders, port=explorer_port, environment=environment))
    with running(services):
        yield services


def explorer_service(folders: Folders, *, port: int, environment: Mapping[str, str]) -> Service:
    """Return the explorer over the folder of events, on `port` of the loopback address."""
    index = folders.events.parent / "index"
    return Service(
        name="explorer",
        module="stack",
        arguments=("explore", str(folders.events), "--port", str(port), "--index", str(index)),
        environment=environment,
        folders=folders,
        tells=False,
    )


@contextlib.contextmanager
def running(services: Sequence[Service]) -> Iterator[None]:
    """Start services, and stop them when the block ends."""
    try:
        for service in services:
            service.start()
        yield
    finally:
        stop(services)


def service_environment(database_url: str) -> dict[str, str]:
    """Return this process's environment as its services get it."""
    return {
        **os.environ,
        "DATABASE_URL": database_url,
        # The processes import what this one can, be it a PEX, Pants or a virtual environment.
        "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
    }


def _commands(port: int) -> Iterator[tuple[str, str, Sequence[str]]]:
    yield "api", "api", ("--port", str(port))
    for worker in WORKERS:
        yield f"worker-{worker}", f"workers.{worker}", ()


def stop(services: Sequence[Service]) -> None:
    """Stop services with SIGTERM, and wait; those that do not end within 20 s are killed."""
    processes = [service.process for service in services if service.process is not None]
    for process in processes:
        process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
