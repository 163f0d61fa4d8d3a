"""An API without workers, started by a test with settings of its own."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from stack.launch import LOOPBACK, free_port, wait_until_healthy
from stack.processes import Folders, Service, service_environment
from tests.integration.running_stack import RunningStack
from tests.integration.workshop import terminate


@contextmanager
def running_api(url: str, folder: Path, **settings: str) -> Iterator[RunningStack]:
    """Run the API over the database at `url` until the block ends; `settings` are variables."""
    folders, port = Folders.below(folder), free_port()
    service = Service(
        name="api",
        module="api",
        arguments=("--port", str(port)),
        environment={**service_environment(url), **settings},
        folders=folders,
    )
    service.start()
    try:
        with httpx.Client(base_url=f"http://{LOOPBACK}:{port}", timeout=60) as client:
            wait_until_healthy(client, [service])
            yield RunningStack(client=client, services=[service], folders=folders)
    finally:
        terminate(service)


def connected(api: RunningStack) -> socket.socket:
    """Return a socket that is connected to the API."""
    return socket.create_connection((LOOPBACK, api.client.base_url.port or 80), timeout=60)


def process_of(api: RunningStack) -> Path:
    """Return the folder in which the kernel tells about the API's process."""
    [service] = api.services
    assert service.process is not None
    return Path("/proc", str(service.process.pid))
