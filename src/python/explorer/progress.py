"""A progress bar on standard error while a long reading lasts, for people only."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

#: Shorter readings end before anybody could read the bar.
UPDATES_A_SECOND = 4


class Advance(Protocol):
    """How far the reading is; `bytes_total` is None where it is not known (standard input)."""

    @property
    def bytes_read(self) -> int:
        """What was read until now."""

    @property
    def bytes_total(self) -> int | None:
        """What there is to read."""

    @property
    def lines(self) -> int:
        """How many lines that was."""


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[Advance], None]]:
    """Show a bar until the block ends, and nothing where standard error is no terminal.

    What is yielded is to be told of every advance; it may be called as often as that is.
    """
    if not sys.stderr.isatty():
        yield lambda advance: None
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TextColumn("{task.fields[lines]:,} lines"),
        TimeRemainingColumn(),
    )
    bar = Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,  # answers go where they always go
        refresh_per_second=UPDATES_A_SECOND,
    )
    with bar:
        task = bar.add_task(what, total=None, lines=0)
        yield lambda advance: bar.update(
            task, completed=advance.bytes_read, total=advance.bytes_total, lines=advance.lines
        )
