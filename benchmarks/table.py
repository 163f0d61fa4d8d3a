"""Tables that read well in a terminal and in Markdown."""

from collections.abc import Iterable

Row = tuple[str, ...]


def table(title: str, heading: Row, rows: Iterable[Row]) -> str:
    """Return a titled table in Markdown, its columns aligned, the first one to the left."""
    cells = [heading, *rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [_line(row, widths) for row in cells]
    rule = _line(tuple("-" * width for width in widths), widths)
    return "\n".join((f"## {title}", "", lines[0], rule, *lines[1:]))


def _line(row: Row, widths: list[int]) -> str:
    first, *rest = (
        cell.rjust(width) if at else cell.ljust(width)
        for at, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return f"| {' | '.join((first, *rest))} |"
