"""`narralytica trace`."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from explorer.lines import EventLine, read_files
from explorer.trace.build import build
from explorer.trace.connected import AmbiguousId, UnknownId, connected_events
from explorer.trace.formats import FORMATS
from explorer.trace.waterfall import waterfall

PIPE_COLUMNS = 160


@click.command()
@click.argument("identifier", metavar="ID")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option("--json", "as_json", is_flag=True, help="Short for --format json.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["terminal", *FORMATS]),
    default="terminal",
    show_default=True,
)
def trace(identifier: str, files: tuple[Path, ...], as_json: bool, form: str) -> None:
    """Tell the whole story of a request, job, job run, trace or event ID from FILES.

    The beginning of an id is enough when no other id begins like it.

    \b
      narralytica trace 0193f0c2-77aa events/*.jsonl
      narralytica trace 0193f0c2-77aa events/*.jsonl --format mermaid
    """
    try:
        lines = [line for line in read_files(files) if isinstance(line, EventLine)]
        roots = build(connected_events(lines, identifier))
    except (OSError, UnknownId, AmbiguousId) as error:
        raise click.ClickException(str(error)) from error
    now = datetime.now(UTC)
    if as_json or form != "terminal":
        click.echo(FORMATS["json" if as_json else form](roots, now))
        return
    console = Console(highlight=False, markup=False)
    width = console.width if sys.stdout.isatty() else max(console.width, PIPE_COLUMNS)
    for row in waterfall(roots, now=now, width=width):
        console.print(row, soft_wrap=True)
