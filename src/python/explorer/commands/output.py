"""Prints what a command has found: a table that fits the terminal, or JSON."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest
from textwrap import wrap
from typing import Any

import click
import orjson
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from explorer.harmless import harmless

PIPE_COLUMNS = 160
#: Cells between columns: as many as fit.
GAPS = (2, 1)
#: A first column that had to be narrower would be hard to read: then each row becomes a paragraph.
NARROWEST = 18
NO_BREAK = "\u00a0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What stands in a table's cell, and how it is drawn; text stands `left`, figures do not."""

    text: str
    style: str = ""
    left: bool = False


Row = Sequence[Cell | str]


def console() -> Console:
    """Return a console for results: wide into a pipe, without colour there or by NO_COLOR."""
    told = Console(highlight=False, markup=False)
    return (
        told
        if sys.stdout.isatty()
        else Console(highlight=False, markup=False, width=max(told.width, PIPE_COLUMNS))
    )


def print_rows(rows: Iterable[Text]) -> None:
    """Print rows that fit the console."""
    to = console()
    for row in rows:
        to.print(row, soft_wrap=True)


def print_json(value: Any) -> None:
    """Print a value made of dataclasses as JSON; times are RFC 3339."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2))


def table(titles: Sequence[str], rows: Iterable[Row], width: int) -> Iterator[Text]:
    """Yield a table's rows: the first column is text and takes what the figures leave.

    What a cell contains is shown harmlessly. Where the figures leave too little, columns move
    together, and then each row becomes a paragraph.
    """
    shown = [[_cell(cell) for cell in row] for row in rows]
    natural = [
        max([cell_len(title), *(cell_len(row[number].text) for row in shown)])
        for number, title in enumerate(titles)
    ]
    for gap in GAPS:
        left = width - sum(natural[1:]) - gap * len(natural[1:])
        if left >= min(natural[0], NARROWEST):
            widths = [min(natural[0], left), *natural[1:]]
            lefts = [row.left for row in shown[0]] if shown else [True] * len(titles)
            head = [
                Cell(text=harmless(title), style="dim", left=left)
                for title, left in zip(titles, lefts, strict=True)
            ]
            for row in [head, *shown]:
                yield from _aligned(row, widths, gap)
            return
    for row in shown:
        yield from _paragraph(titles, row, width)


def note(text: str, width: int, style: str = "", indent: int = 0) -> Iterator[Text]:
    """Yield text on as many lines as it takes, shown harmlessly; ids stay whole."""
    space = " " * indent
    lines = wrap(
        harmless(text),
        width,
        initial_indent=space,
        subsequent_indent=space,
        break_on_hyphens=False,
    )
    for line in lines:
        yield Text(line, style)


def moment(value: datetime) -> str:
    """Return a time in UTC to the second."""
    return f"{value:%Y-%m-%d %H:%M:%S}"


def percent(rate: float, digits: int = 1) -> str:
    """Return a rate in per cent."""
    return "100 %" if rate == 1 else f"{rate * 100:.{digits}f} %"


def counted(count: int, one: str) -> str:
    """Return how many there are of `one`."""
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"


def brief(seconds: float) -> str:
    """Return a time with its unit, in at most seven cells."""
    for below, factor, unit in ((1, 1000, "ms"), (120, 1, "s"), (7200, 1 / 60, "min")):
        if seconds < below:
            return f"{_digits(seconds * factor)} {unit}"
    return f"{_digits(seconds / 3600)} h"


def compact(count: int) -> str:
    """Return a count in few cells: 6,494 is 6.5k."""
    for least, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if count >= least:
            return f"{count / least:.{0 if count >= 10 * least else 1}f}{unit}"
    return str(count)


def _digits(value: float) -> str:
    return (
        f"{value:.0f}" if value >= 99.95 else f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"
    )


def _cell(cell: Cell | str) -> Cell:
    plain = Cell(text=cell) if isinstance(cell, str) else cell
    return replace(plain, text=harmless(plain.text))


def _aligned(row: Sequence[Cell], widths: Sequence[int], gap: int) -> Iterator[Text]:
    first, *figures = row
    lines = _wrapped(first.text, widths[0])
    for number, line in enumerate(lines):
        told = Text(no_wrap=True)
        told.append(set_cell_size(line, widths[0]), first.style)
        for cell, cells in zip_longest(figures if number == 0 else (), widths[1:]):
            text, style, left = (cell.text, cell.style, cell.left) if cell else ("", "", False)
            space = " " * (cells - cell_len(text))
            told.append(" " * gap + ("" if left else space))
            told.append(text, style)
            told.append(space if left else "")
        told.rstrip()
        yield told


def _paragraph(titles: Sequence[str], row: Sequence[Cell], width: int) -> Iterator[Text]:
    for line in _wrapped(row[0].text, width):
        yield Text(line, "bold")
    told = zip(titles[1:], row[1:], strict=True)
    # What belongs together stays on one line.
    parts = (f"{title} {cell.text.strip()}" for title, cell in told if cell.text.strip("–"))
    about = " · ".join(part.replace(" ", NO_BREAK) for part in parts)
    for line in wrap(about, width, initial_indent="  ", subsequent_indent="  "):
        yield Text(line.replace(NO_BREAK, " "))


def _wrapped(text: str, cells: int) -> list[str]:
    """Break text where it is too long, between words where that can be."""
    indent = " " * (len(text) - len(text.lstrip()))
    lines = wrap(text, max(cells, 8), subsequent_indent=f"{indent}  ", break_on_hyphens=False)
    return lines or [""]
