"""The table below the picture: for each part a row, for each that it may use or uses a mark."""

from collections.abc import Iterator
from html import escape

from architecture.graph import Graph

SIZE = 26
NAMES = 168
HEAD = 128
MARKS = {
    "imports": '<circle cx="{x}" cy="{y}" r="6.5" fill="#2f7bc4"/>',
    "starts, or reads as data": '<rect x="{l}" y="{t}" width="12" height="12" fill="#b98900"/>',
    "may use, and does not": '<circle cx="{x}" cy="{y}" r="5" fill="none" stroke="#9aa5b4" '
    'stroke-width="1.6"/>',
    "uses without a grant": '<path d="M{l} {t}l12 12m0 -12l-12 12" stroke="#c4302b" '
    'stroke-width="3"/>',
}


def matrix_width(graph: Graph) -> float:
    """Return the width of the table in pixels, its legend included."""
    return NAMES + SIZE * len(graph.parts) + 220


def matrix(graph: Graph, *, left: float, top: float) -> Iterator[str]:
    """Yield the elements of the table; parts stand in it from the top down."""
    parts = graph.parts
    first, first_row = left + NAMES, top + HEAD
    yield f'<text class="title" x="{left:.1f}" y="{top + 20:.1f}">All grants</text>'
    for number, part in enumerate(parts):
        middle = SIZE * number + SIZE / 2
        if number % 2 == 0:
            yield (
                f'<rect x="{left:.1f}" y="{first_row + SIZE * number:.1f}" '
                f'width="{NAMES + SIZE * len(parts)}" height="{SIZE}" fill="#f4f6f9"/>'
            )
        y = first_row + middle
        yield f'<text class="label" x="{left + 6:.1f}" y="{y + 4:.1f}">{escape(part)}</text>'
        x = first + middle
        yield (
            f'<text class="label" transform="translate({x + 4:.1f} {first_row - 8:.1f}) '
            f'rotate(-55)">'
            f"{escape(part)}</text>"
        )
        yield f'<path d="M{x:.1f} {first_row:.1f}v{SIZE * len(parts)}" stroke="#e3e8ee"/>'
    for row, part in enumerate(parts):
        for column, end in enumerate(parts):
            x, y = first + SIZE * (column + 0.5), first_row + SIZE * (row + 0.5)
            if part == end:
                yield f'<rect x="{x - 2:.1f}" y="{y - 2:.1f}" width="4" height="4" fill="#c5ccd6"/>'
            elif mark := _mark(graph, part, end):
                yield _drawn(mark, x, y)
    yield from _legend(first + SIZE * len(parts) + 34, first_row + 16)


def _mark(graph: Graph, part: str, end: str) -> str | None:
    if end in graph.denied(part):
        return "uses without a grant"
    if end in graph.imported[part]:
        return "imports"
    if end in graph.given[part]:
        return "starts, or reads as data"
    return "may use, and does not" if end in graph.unused(part) else None


def _legend(x: float, y: float) -> Iterator[str]:
    yield f'<text class="small" x="{x - 8:.1f}" y="{y - 8:.1f}">The part on the left …</text>'
    for number, mark in enumerate(MARKS):
        at = y + 12 + 24 * number
        yield _drawn(mark, x, at)
        yield f'<text class="small" x="{x + 16:.1f}" y="{at + 4:.1f}">{mark}</text>'
    yield (
        f'<text class="small" x="{x - 8:.1f}" y="{y + 24 * len(MARKS) + 20:.1f}">'
        "… the part above. Empty: denied.</text>"
    )


def _drawn(mark: str, x: float, y: float) -> str:
    places = {"x": x, "y": y, "l": x - 6, "t": y - 6}
    return MARKS[mark].format(**{name: f"{at:.1f}" for name, at in places.items()})
