"""Where boxes stand: in rows, users above what they use, so that few arrows cross.

The usual steps for layered drawings (Sugiyama): rows by the longest way from the top, a bend for
each row that an arrow passes, and rows ordered by the average place of their neighbours.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from architecture.graph import Edges

Middles = Mapping[str, float]

BEND_WIDTH = 28
SWEEPS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The rows of nodes, the middle of each node, and the nodes that each arrow passes.

    A node is a box, by its name, or a bend of an arrow.
    """

    rows: tuple[tuple[str, ...], ...]
    middles: Middles
    ways: Mapping[tuple[str, str], tuple[str, ...]]


def lay_out(arrows: Edges, *, box_width: float, gap: float) -> Layout:
    """Place the boxes that `arrows` names; they must not form a circle."""
    depths = _depths(arrows)
    ways = {(a, b): _way(a, b, depths) for a in arrows for b in sorted(arrows[a])}
    rows: list[list[str]] = [[] for _ in range(max(depths.values()) + 1)]
    for name in arrows:
        rows[depths[name]].append(name)
    for (start, _), way in ways.items():
        for step, bend in enumerate(way[1:-1], 1):
            rows[depths[start] + step].append(bend)
    links = [pair for way in ways.values() for pair in pairwise(way)]
    widths = {node: box_width if node in depths else BEND_WIDTH for row in rows for node in row}
    row_of = {node: number for number, row in enumerate(rows) for node in row}
    best = _middles(rows, widths, gap)
    for sweep in range(SWEEPS):
        middles = _middles(rows, widths, gap)
        if _badness(links, row_of, middles) < _badness(links, row_of, best):
            best = middles
        for row in rows if sweep % 2 else reversed(rows):
            _sort(row, links, middles, below=not sweep % 2)
            middles = middles | _middles(rows, widths, gap)
    ordered = tuple(tuple(sorted(row, key=best.__getitem__)) for row in rows)
    return Layout(rows=ordered, middles=best, ways=ways)


def _depths(arrows: Edges) -> dict[str, int]:
    @cache
    def depth(name: str) -> int:
        return max((depth(user) + 1 for user, ends in arrows.items() if name in ends), default=0)

    return {name: depth(name) for name in arrows}


def _way(start: str, end: str, depths: Mapping[str, int]) -> tuple[str, ...]:
    rows = range(depths[start] + 1, depths[end])
    return (start, *(f"{start} to {end} in row {row}" for row in rows), end)


def _middles(
    rows: Iterable[Iterable[str]], widths: Mapping[str, float], gap: float
) -> dict[str, float]:
    """Return the middles of all nodes, each row centred on 0."""
    middles: dict[str, float] = {}
    for row in rows:
        nodes = list(row)
        left = -(sum(widths[node] for node in nodes) + gap * (len(nodes) - 1)) / 2
        for node in nodes:
            middles[node] = left + widths[node] / 2
            left += widths[node] + gap
    return middles


def _sort(row: list[str], links: list[tuple[str, str]], middles: Middles, *, below: bool) -> None:
    def wanted(node: str) -> float:
        ends = [middles[b if below else a] for a, b in links if (a if below else b) == node]
        return sum(ends) / len(ends) if ends else middles[node]

    row.sort(key=wanted)


def _badness(links: list[tuple[str, str]], row_of: Mapping[str, int], at: Middles) -> float:
    """Return how bad a placing is: arrows that cross count most, then how far they lean."""
    crossing = sum(
        row_of[a] == row_of[c] and (at[a] - at[c]) * (at[b] - at[d]) < 0
        for number, (a, b) in enumerate(links)
        for c, d in links[:number]
    )
    return crossing * 10_000 + sum(abs(at[a] - at[b]) for a, b in links)
