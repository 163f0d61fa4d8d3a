"""`narralytica errors`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from rich.text import Text

from explorer.commands.opened import selection
from explorer.commands.options import as_json, files, filtered
from explorer.commands.output import console, counted, moment, note, print_json, print_rows
from explorer.commands.stats import extent_rows
from explorer.filter import Expression
from explorer.harmless import harmless
from explorer.statistics.errors import ErrorGroup
from explorer.statistics.errors import errors as grouped
from explorer.statistics.selection import Extent, extent


@click.command()
@files
@filtered
@click.option(
    "-n", "--most", default=20, show_default=True, type=click.IntRange(min=1), help="How many."
)
@as_json
def errors(files: tuple[Path, ...], expression: Expression, most: int, as_json: bool) -> None:
    """Group what failed in FILES by type and place, the most frequent first.

    Each comes with how many jobs it touched, when it was seen first and last, and an id of the
    last time for `narralytica trace`. Exits with 0, whether there are errors or not, and with 2
    for a file or filter that cannot be read.

    \b
      narralytica errors events/*.jsonl --since 1h
      narralytica errors events/*.jsonl -f 'worker:indexer will_retry:false'
    """
    with selection(files, expression) as selected:
        found, whole = grouped(selected), extent(selected)
    if as_json:
        print_json({"extent": whole, "errors": found[:most]})
        return
    print_rows(errors_rows(found, most, whole, console().width))


def errors_rows(
    found: Sequence[ErrorGroup], most: int, whole: Extent, width: int
) -> Iterator[Text]:
    """Yield each error with its place, its times and its example, some lines each."""
    for error in found[:most]:
        yield from _error(error, width)
    if len(found) > most:
        yield from note(f"and {len(found) - most:,} more: --most shows them", width, "dim")
    if not found:
        yield Text("No errors.", "green")
    yield from extent_rows(whole, width)


def _error(error: ErrorGroup, width: int) -> Iterator[Text]:
    name = harmless(error.event_name.removeprefix("narralytica."))
    head = Text(no_wrap=True)
    head.append(f"{error.count:>6,}× ", "bold")
    head.append(harmless(error.error_type), "bold red")
    head.append(f" in {name}")
    head.truncate(width, overflow="ellipsis")
    yield head
    indent = 8 if width >= 60 else 2
    place = [error.worker or error.layer_name, error.service_name]
    touched = counted(error.jobs, "job") if error.jobs else ""
    retried = f"{error.retried:,} retried" if error.retried else ""
    yield from note(" · ".join(filter(None, [*place, touched, retried])), width, indent=indent)
    if error.message:
        yield from note(error.message, width, "italic", indent)
    since = f"{moment(error.first)} to " if error.first != error.last else ""
    yield from note(f"{since}{moment(error.last)} UTC", width, indent=indent)
    yield from note(f"trace {error.example_id}", width, "dim", indent)
