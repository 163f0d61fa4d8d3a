"""`narralytica explore`."""

import contextlib
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import uvicorn

from explorer.index import Index
from explorer.web.application import PATH, create_app

LOOPBACK = "127.0.0.1"
#: What an open page is given to end by itself, once the explorer is told to.
LAST_ANSWERS_S = 3


def explore_command(default_files: Callable[[], Sequence[Path]]) -> click.Command:
    """Return the command; without FILES it shows those of `default_files`."""

    @click.command()
    @click.argument("files", nargs=-1, type=click.Path(path_type=Path))
    @click.option(
        "--port",
        default=8001,
        show_default=True,
        type=click.IntRange(0, 65535),
        help="0 for any that is free.",
    )
    def explore(files: tuple[Path, ...], port: int) -> None:
        """Show events, stories, errors and latencies of FILES on a web page.

        FILES are files, folders or globs of event lines (by default those of `narralytica up`).
        What is written to them later appears by itself. The page is for this machine alone; Ctrl-C
        ends it.

        \b
          narralytica explore
          narralytica explore events/*.jsonl --port 8080
        """
        sources = files or tuple(default_files())
        try:
            with _listening(port) as listener, Index.open(sources) as index:
                _serve(index, listener)
        except OSError as error:
            raise click.ClickException(str(error)) from error

    return explore


@contextlib.contextmanager
def _listening(port: int):
    listener = socket.socket()
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError as error:
            raise click.ClickException(
                f"the explorer cannot listen on {LOOPBACK}:{port}: {error.strerror}. "
                "Choose another port with --port."
            ) from error
        yield listener


def _serve(index: Index, listener: socket.socket) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    app = create_app(index, stopping=lambda: server.should_exit)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=LAST_ANSWERS_S,
    )
    server = uvicorn.Server(config)
    click.echo(f"Explorer  http://{LOOPBACK}:{listener.getsockname()[1]}{PATH}/  (Ctrl-C ends it)")
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
