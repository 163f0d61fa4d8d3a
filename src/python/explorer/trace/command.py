"""`narralytica trace`."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from explorer.lines import EventLine, read_files
from explorer.progress import progress_bar
from explorer.sources import STDIN, MissingSource, discover
from explorer.trace.build import build
from explorer.trace.connected import AmbiguousId, UnknownId, chosen, connected_events
from explorer.trace.formats import FORMATS
from explorer.trace.waterfall import waterfall

PIPE_COLUMNS = 160
#: Less is read faster as it is.
INDEXED_BYTES = 4 << 20


@click.command()
@click.argument("identifier", metavar="ID")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(allow_dash=True, path_type=Path),
)
@click.option("--json", "as_json", is_flag=True, help="Short for --format json.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["terminal", *FORMATS]),
    default="terminal",
    show_default=True,
    help="A waterfall, or a form for other programs.",
)
def trace(identifier: str, files: tuple[Path, ...], as_json: bool, form: str) -> None:
    """Tell the whole story of a request, job, job run, trace or event ID from FILES.

    The beginning of an id is enough when no other id begins like it. FILES are files, also .gz and
    .zst, directories, globs, and - for standard input. Large ones get an index that is kept.

    \b
      narralytica trace 0193f0c2-77aa events/*.jsonl
      narralytica trace 0193f0c2-77aa /var/log/pods old.jsonl.zst --format mermaid
    """
    try:
        roots = build(_story(identifier, files))
    except MissingSource as error:
        raise click.BadParameter(str(error), param_hint="FILES") from error
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


def _story(identifier: str, sources: Sequence[Path]) -> list[EventLine]:
    """Return the events of an id's story. Raises OSError, UnknownId and AmbiguousId."""
    paths = discover(sources)
    if STDIN not in paths and sum(path.stat().st_size for path in paths) < INDEXED_BYTES:
        lines = [line for line in read_files(paths) if isinstance(line, EventLine)]
        return connected_events(lines, identifier)
    # Not at the top: importing the engine takes longer than reading small files.
    from explorer.index import Index

    with progress_bar("indexing") as tell:
        opened = Index.open(sources, progress=tell)
    with opened as index:
        found = index.matches(identifier)
        wanted = identifier.strip().lower()
        return index.connected(chosen({match.identifier: match.kind for match in found}, wanted))
