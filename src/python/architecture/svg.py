"""The graph as an SVG: the layers, and below them a table of all that is granted and used."""

import textwrap
from collections.abc import Iterator
from html import escape
from itertools import pairwise

from architecture.boxes import Box, Boxes, boxes_of
from architecture.graph import Graph
from architecture.layout import Layout, lay_out
from architecture.matrix import SIZE as CELL
from architecture.matrix import matrix, matrix_width
from architecture.mermaid import COLOURS

BOX_WIDTH = 196
BOX_HEIGHT = 98
GAP = 26
ROW = 146
MARGIN = 40
TITLE = 92
INK = "#1b2430"
FAINT = "#5b6675"
STYLE = f"""
text {{ font-family: system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: {INK}; }}
.title {{ font-size: 22px; font-weight: 700; }}
.name {{ font-size: 15px; font-weight: 700; }}
.inner {{ font-size: 11px; font-weight: 600; }}
.small {{ font-size: 11px; fill: {FAINT}; }}
.label {{ font-size: 12px; }}
.arrow {{ fill: none; stroke: #69758a; stroke-width: 1.6; marker-end: url(#head); }}
.started {{ stroke-dasharray: 5 4; }}
"""


def as_svg(graph: Graph) -> str:
    """Return the picture, for a light background, which it brings along."""
    shown = boxes_of(graph)
    layout = lay_out(shown.arrows, box_width=BOX_WIDTH, gap=GAP)
    edge = max(abs(middle) for middle in layout.middles.values()) + BOX_WIDTH / 2
    width = max(2 * edge, matrix_width(graph)) + 2 * MARGIN
    table_top = TITLE + ROW * len(layout.rows) + 24
    height = table_top + CELL * len(graph.parts) + 220
    centre = width / 2
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img" aria-labelledby="title">',
        '<title id="title">Who knows whom in Narralytica</title>',
        f"<style>{STYLE}</style>",
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#69758a"/></marker></defs>',
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
        f'<text class="title" x="{MARGIN}" y="44">Who knows whom</text>',
        *_legend(),
        *_arrows(shown, layout, centre),
        *_boxes(shown, layout, centre),
        *matrix(graph, left=(width - matrix_width(graph)) / 2, top=table_top),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _legend() -> Iterator[str]:
    words = {
        "command": "commands for people",
        "service": "services, a process each",
        "shared": "shared code",
        "contracts": "contracts, data only",
    }
    x = MARGIN
    for kind, (fill, stroke) in COLOURS.items():
        place = f'x="{x}" y="59" width="12" height="12" rx="3"'
        yield f'<rect {place} fill="{fill}" stroke="{stroke}"/>'
        yield f'<text class="small" x="{x + 18}" y="69">{words[kind]}</text>'
        x += 34 + int(6.1 * len(words[kind]))
    for style, word in (("", "imports"), (" started", "starts, or reads as data")):
        yield f'<path class="arrow{style}" d="M{x} 65h28"/>'
        yield f'<text class="small" x="{x + 36}" y="69">{word}</text>'
        x += 52 + int(6.1 * len(word))


def _boxes(shown: Boxes, layout: Layout, centre: float) -> Iterator[str]:
    for number, row in enumerate(layout.rows):
        for name in row:
            if name in shown.boxes:
                left = centre + layout.middles[name] - BOX_WIDTH / 2
                yield from _box(shown.boxes[name], left, TITLE + number * ROW)


def _box(box: Box, left: float, top: float) -> Iterator[str]:
    fill, stroke = COLOURS[box.kind]
    yield (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="9" '
        f'fill="{fill}" stroke="{stroke}" stroke-width="1.4"/>'
    )
    x = left + 12
    yield f'<text class="name" x="{x:.1f}" y="{top + 22:.1f}">{escape(box.name)}</text>'
    y = top + 39
    for style, text in (("inner", ", ".join(box.inner)), ("small", box.purpose.replace("`", ""))):
        for line in textwrap.wrap(text, 30, max_lines=4 - 2 * bool(box.inner), placeholder=" …"):
            yield f'<text class="{style}" x="{x:.1f}" y="{y:.1f}">{escape(line)}</text>'
            y += 14


def _arrows(shown: Boxes, layout: Layout, centre: float) -> Iterator[str]:
    row_of = {node: number for number, row in enumerate(layout.rows) for node in row}
    ports = _Ports(layout)
    for (start, end), way in layout.ways.items():
        style = " started" if (start, end) in shown.started else ""
        x = centre + ports.out(start, way[1])
        d = f"M{x:.1f} {TITLE + row_of[start] * ROW + BOX_HEIGHT:.1f}"
        y = TITLE + row_of[start] * ROW + BOX_HEIGHT
        for before, node in pairwise(way):
            top = TITLE + row_of[node] * ROW - (3 if node == end else 0)
            to = centre + (ports.into(node, before) if node == end else layout.middles[node])
            bend = (top - y) / 2
            d += f"C{x:.1f} {y + bend:.1f} {to:.1f} {top - bend:.1f} {to:.1f} {top:.1f}"
            x, y = to, top
            if node != end:
                y = top + BOX_HEIGHT
                d += f"V{y:.1f}"
        yield f'<path class="arrow{style}" d="{d}"/>'


class _Ports:
    """Spreads the arrows of a box over its side, in the order of where they lead."""

    def __init__(self, layout: Layout) -> None:
        self._middles = layout.middles
        links = [pair for way in layout.ways.values() for pair in pairwise(way)]
        self._below: dict[str, list[str]] = {}
        self._above: dict[str, list[str]] = {}
        for above, below in sorted(links, key=lambda link: self._middles[link[1]]):
            self._below.setdefault(above, []).append(below)
        for above, below in sorted(links, key=lambda link: self._middles[link[0]]):
            self._above.setdefault(below, []).append(above)

    def out(self, node: str, to: str) -> float:
        """Return where the arrow to the next node leaves."""
        return self._place(node, self._below[node], to)

    def into(self, node: str, source: str) -> float:
        """Return where the arrow from the node before arrives."""
        return self._place(node, self._above[node], source)

    def _place(self, node: str, all_ends: list[str], end: str) -> float:
        step = min(34, (BOX_WIDTH - 40) / max(len(all_ends) - 1, 1))
        return self._middles[node] + (all_ends.index(end) - (len(all_ends) - 1) / 2) * step
