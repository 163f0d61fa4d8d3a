"""What it takes to get a stack going."""

import contextlib
import socket
import time
from collections.abc import Sequence

import httpx

from stack.processes import Service

START_SECONDS = 120.0
LOOPBACK = "127.0.0.1"
LAST_PORT = 65535


class StackError(Exception):
    """The stack does not run; the message says what to look at."""


def free_port() -> int:
    """Return a TCP port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def require_free_port(port: int, *, who: str = "the API", option: str = "--port") -> None:
    """Raise StackError when somebody listens on the port of the loopback address already."""
    with socket.socket() as probe:
        # As a server will: what lingers of connections to an earlier one is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise StackError(
                f"{who} cannot listen on {LOOPBACK}:{port}: {error.strerror}. "
                f"Choose another port with {option}."
            ) from error


def free_port_behind(port: int) -> int:
    """Return the first port behind `port` that nobody listens on. Raises StackError for none."""
    for candidate in range(port + 1, LAST_PORT + 1):
        with contextlib.suppress(StackError):
            require_free_port(candidate)
            return candidate
    raise StackError(f"no port behind {port} is free")


def wait_until_healthy(client: httpx.Client, services: Sequence[Service]) -> None:
    """Wait until the API says that it is healthy. Raises StackError after two minutes."""
    deadline = time.monotonic() + START_SECONDS
    while not _healthy(client):
        for service in services:
            if service.process is not None and service.process.poll() is not None:
                raise StackError(f"{service.name} ended at once: {_last_line(service)}")
        if time.monotonic() > deadline:
            raise StackError(f"the API did not answer within {START_SECONDS:.0f} s")
        time.sleep(0.1)


def _healthy(client: httpx.Client) -> bool:
    try:
        return client.get("/health").status_code == 200
    except httpx.TransportError:
        return False


def _last_line(service: Service) -> str:
    log = service.folders.logs / f"{service.name}.log"
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
