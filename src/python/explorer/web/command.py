"""`narralytica explore`."""

import contextlib
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from explorer.index import Index

LOOPBACK = "127.0.0.1"
#: What an open page is given to end by itself, once the explorer is told to.
LAST_ANSWERS_S = 3


def explore_command(default_files: Callable[[], Sequence[Path]]) -> click.Command:
    """Return the command. Without FILES it shows those of `default_files`."""

    @click.command()
    @click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(path_type=Path))
    @click.option(
        "--port",
        default=8001,
        show_default=True,
        type=click.IntRange(0, 65535),
        help="Where to listen on this machine; 0 for any free port.",
    )
    @click.option(
        "--index",
        "folder",
        type=click.Path(file_okay=False, path_type=Path),
        help="Where the index is kept. [default: below the user's cache folder]",
    )
    def explore(files: tuple[Path, ...], port: int, folder: Path | None) -> None:
        """Show events, stories, errors and latencies of FILES on a web page.

        FILES are files, folders or globs of event lines, by default those of `narralytica up`.
        What is written to them later appears by itself. Only this machine can see the page, whose
        address is printed; Ctrl-C ends it. Exits with 1 for a port or file that cannot be used.

        \b
          narralytica explore
          narralytica explore events/*.jsonl --port 8080
        """
        from explorer.index import Index
        from explorer.progress import progress_bar

        sources = files or tuple(default_files())
        try:
            with _listening(port) as listener:
                with progress_bar("indexing") as progress:
                    index = Index.open(sources, folder=folder, progress=progress)
                with index:
                    _serve(index, listener)
        except OSError as error:
            raise click.ClickException(str(error)) from error

    return explore


@contextlib.contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError as error:
            raise click.ClickException(
                f"the explorer cannot listen on {LOOPBACK}:{port}: {error.strerror}. "
                "Choose another port with --port."
            ) from error
        yield listener


def _serve(index: "Index", listener: socket.socket) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    # Not at the top, no more than the index: the other commands need nothing of it.
    import uvicorn

    from explorer.web.application import PATH, create_app

    app = create_app(index, stopping=lambda: server.should_exit)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=LAST_ANSWERS_S,
    )
    server = uvicorn.Server(config)
    # Who connects from now on waits until it is served.
    listener.listen()
    click.echo(f"Explorer  http://{LOOPBACK}:{listener.getsockname()[1]}{PATH}/  (Ctrl-C ends it)")
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
