"""`narralytica`: the whole product on one machine."""

import signal
import sys
from pathlib import Path
from types import FrameType

import click
import httpx
from rich.console import Console

from architecture.command import architecture
from explorer.check import check
from explorer.commands import diff, errors, query, slow, stats, tail
from explorer.export import export
from explorer.trace import trace
from explorer.web import explore_command
from product_version import VERSION
from registry.commands import contracts
from stack.completion import completion
from stack.demo import run_demo
from stack.embedded_postgres import EmbeddedPostgresError
from stack.keys import keys
from stack.launch import StackError
from stack.reference import reference
from stack.up import default_data_dir, run_up

EXPECTED = (EmbeddedPostgresError, StackError, httpx.HTTPError, OSError)


@click.group()
@click.version_option(VERSION, prog_name="narralytica")
def main() -> None:
    """Turn media into searchable layers, and tell the whole story of it.

    \b
      narralytica demo
      narralytica up
      narralytica trace 0193f0c2-77aa events/*.jsonl
    """
    signal.signal(signal.SIGTERM, _interrupt)


for command in (
    architecture,
    check,
    completion,
    contracts,
    diff,
    errors,
    explore_command(lambda: [default_data_dir() / "events"]),
    export,
    keys,
    query,
    reference,
    slow,
    stats,
    tail,
    trace,
):
    main.add_command(command)


@main.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--query", help="What to search for at the end.")
def demo(files: tuple[Path, ...], query: str | None) -> None:
    """Send FILES (by default a recording and subtitles of our own) through the product.

    Starts everything, waits for the jobs, searches, prints the story of each request from the
    emitted events, and leaves nothing behind. Takes audio or video, .vtt, .srt and .txt. Exits
    with 1 unless every job completed and its story is whole.

    \b
      narralytica demo
      narralytica demo talk.mp4 talk.vtt --query "what was said"
    """
    try:
        good = run_demo(Console(), files, query)
    except EXPECTED as error:
        raise click.ClickException(str(error)) from error
    sys.exit(0 if good else 1)


@main.command()
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="Where the API listens, on 127.0.0.1.",
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=default_data_dir,
    help="Where the database, the events and the logs are kept.",
)
@click.option(
    "--database-url",
    envvar="DATABASE_URL",
    show_envvar=True,
    help="Use this PostgreSQL, not the embedded one.",
)
@click.option(
    "--explorer-port",
    type=click.IntRange(1, 65535),
    help="Where the explorer listens. [default: the first free port behind --port]",
)
def up(port: int, data_dir: Path, database_url: str | None, explorer_port: int | None) -> None:
    """Serve the API, the five workers and the explorer until Ctrl-C.

    Only this machine reaches them. Unfinished jobs go on at the next start.

    \b
      narralytica up
      narralytica up --port 8080 --data-dir ./data
      DATABASE_URL=postgresql://… narralytica up
    """
    try:
        run_up(
            Console(),
            port=port,
            explorer_port=explorer_port,
            data_dir=data_dir.resolve(),
            database_url=database_url,
        )
    except EXPECTED as error:
        raise click.ClickException(str(error)) from error


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main(prog_name="narralytica")
