"""Opens the index for a command, and tells what could not be read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from explorer.commands.output import counted
from explorer.filter import Expression
from explorer.index import Index, IndexBusy
from explorer.progress import progress_bar
from explorer.statistics.selection import Selection


class Unanswerable(click.ClickException):
    """The command cannot be carried out as it was written. Exits with 2, as for wrong usage."""

    exit_code = 2


@contextmanager
def opened(files: Sequence[Path]) -> Iterator[Index]:
    """Open an index over the files, up to date. Raises Unanswerable for an unreadable one."""
    try:
        with progress_bar("indexing") as progress:
            index = Index.open(files, progress=progress)
    except OSError as error:
        raise Unanswerable(str(error)) from error
    with index:
        _tell_what_is_left_out(index)
        try:
            yield index
        except IndexBusy as error:
            raise Unanswerable(str(error)) from error


@contextmanager
def selection(files: Sequence[Path], expression: Expression) -> Iterator[Selection]:
    """Open an index over the files, and choose events by a filter."""
    with opened(files) as index:
        yield Selection(index=index, expression=expression, now=datetime.now(UTC))


def _tell_what_is_left_out(index: Index) -> None:
    coverage = index.coverage()
    invalid = sum(file.invalid for file in coverage)
    if invalid:
        told = f"{counted(invalid, 'invalid line')} left out: `narralytica check` tells why."
        click.echo(told, err=True)
    if not any(file.events for file in coverage):
        click.echo("There are no events in these files.", err=True)
