"""Serves the whole product on this machine until it is told to stop."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
from rich.console import Console

from stack.embedded_postgres import embedded_postgres
from stack.launch import LOOPBACK, free_port_behind, require_free_port, wait_until_healthy
from stack.processes import Folders, running_services

SUPERVISION_SECONDS = 0.5


def default_data_dir() -> Path:
    """Return where data is kept: root's services live below /var/lib, a user's below the home."""
    if os.geteuid() == 0:
        return Path("/var/lib/narralytica")
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "narralytica"


def run_up(
    console: Console,
    *,
    port: int,
    explorer_port: int | None,
    data_dir: Path,
    database_url: str | None,
) -> None:
    """Serve until KeyboardInterrupt; then stop in order, so that a restart goes on from there.

    Raises StackError and EmbeddedPostgresError when something does not start.
    """
    require_free_port(port)
    if explorer_port is None:
        explorer_port = free_port_behind(port)
    require_free_port(explorer_port, who="the explorer", option="--explorer-port")
    with _database(data_dir, database_url) as url:
        folders = Folders.below(data_dir)
        with running_services(url, folders, port=port, explorer_port=explorer_port) as services:
            address = f"http://{LOOPBACK}:{port}"
            console.print(f"API         {address}")
            console.print(f"OpenAPI     {address}/docs")
            console.print(f"Explorer    http://{LOOPBACK}:{explorer_port}/explorer/")
            console.print(f"Events      {folders.events}/*.jsonl")
            with httpx.Client(base_url=address, timeout=5) as client:
                wait_until_healthy(client, services)
            console.print("Ready. Ctrl-C stops it.")
            with contextlib.suppress(KeyboardInterrupt):
                while True:
                    time.sleep(SUPERVISION_SECONDS)
                    for service in services:
                        service.keep_running()
            console.print("Stopping …")
    console.print("Stopped. Unfinished jobs go on at the next start.")


@contextlib.contextmanager
def _database(data_dir: Path, database_url: str | None) -> Iterator[str]:
    if database_url is not None:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield database_url
        return
    with embedded_postgres(data_dir) as url:
        yield url
