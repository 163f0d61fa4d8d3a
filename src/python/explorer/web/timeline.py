"""Lays a story out on a time axis: rows with bars, in percent of the whole."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from explorer.trace.span import Span

#: Where an axis begins on which nothing has a time.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
#: What a bar takes at least, so that it is seen.
LEAST_PERCENT = 0.25
#: More notes are told, and not drawn.
MOST_NOTES = 40
MOST_TICKS = 8
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Where a span lies on the axis, its wait before it, and its notes; in percent.

    A note is its place, and whether it is serious.
    """

    left: float
    width: float
    waited: float
    noted: tuple[tuple[float, bool], ...]
    offset_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A span at its place in the tree.

    `number` counts from 0, depth first. `key` stays when more is told: it is the span's own id, or
    its place within the span around it.
    """

    number: int
    key: str
    depth: int
    span: Span
    parent: "Row | None"
    bar: Bar | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark on the axis, in percent, and its time from the beginning."""

    left: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A story on its axis."""

    first: datetime
    last: datetime
    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]

    @property
    def total_s(self) -> float:
        """The seconds from the first to the last moment."""
        return (self.last - self.first).total_seconds()


def timeline(roots: Sequence[Span]) -> Timeline:
    """Return the rows of all spans, on an axis from the first moment told to the last."""
    spans = list(_all(roots))
    moments = [moment for span in spans for moment in _moments(span)]
    first, last = min(moments, default=NEVER), max(moments, default=NEVER)
    total_s = max((last - first).total_seconds(), 1e-6)
    rows: list[Row] = []
    for place, root in enumerate(roots):
        _lay(root, None, place, rows, first, total_s)
    return Timeline(first=first, last=last, rows=tuple(rows), ticks=tuple(_ticks(total_s)))


def ancestors(row: Row) -> list[Row]:
    """Return the rows that a row lies within, outermost first."""
    found: list[Row] = []
    above = row.parent
    while above is not None:
        found.append(above)
        above = above.parent
    return found[::-1]


def _all(roots: Sequence[Span]) -> Iterator[Span]:
    for span in roots:
        yield span
        yield from _all(span.children)


def _moments(span: Span) -> Iterator[datetime]:
    if span.start is not None:
        yield span.start - timedelta(seconds=span.waited_s or 0)
    if span.end is not None:
        yield span.end
    yield from (note.at for note in span.notes)


def _lay(
    span: Span, parent: Row | None, place: int, rows: list[Row], first: datetime, total_s: float
) -> None:
    around = parent.key if parent else "root"
    row = Row(
        number=len(rows),
        key=span.identifier or f"{around}.{span.kind}.{place}",
        depth=parent.depth + 1 if parent else 0,
        span=span,
        parent=parent,
        bar=_bar(span, first, total_s),
    )
    rows.append(row)
    for number, child in enumerate(span.children):
        _lay(child, row, number, rows, first, total_s)


def _bar(span: Span, first: datetime, total_s: float) -> Bar | None:
    if span.start is None:
        return None
    offset_s = (span.start - first).total_seconds()
    left = 100 * offset_s / total_s
    until = 100.0 if span.end is None else 100 * (span.end - first).total_seconds() / total_s
    width = min(max(until - left, LEAST_PERCENT), 100.0)
    return Bar(
        left=round(min(max(left, 0.0), 100 - LEAST_PERCENT), 3),
        width=round(width, 3),
        waited=round(100 * (span.waited_s or 0) / total_s, 3),
        noted=tuple(
            (round(100 * (note.at - first).total_seconds() / total_s, 3), note.serious)
            for note in span.notes[:MOST_NOTES]
        ),
        offset_s=offset_s,
    )


def _ticks(total_s: float) -> Iterator[Tick]:
    step = _step(total_s / MOST_TICKS)
    number = 0
    while number * step <= total_s:
        yield Tick(left=round(100 * number * step / total_s, 3), seconds=number * step)
        number += 1


def _step(least_s: float) -> float:
    """Return the smallest round step that is not below `least_s`."""
    if least_s > STEPS[-1]:
        return STEPS[-1] * -(-least_s // STEPS[-1])
    if least_s > 1:
        return next(float(step) for step in STEPS if step >= least_s)
    power = 1e-6
    while True:
        for digit in (1, 2, 5):
            if digit * power >= least_s:
                return digit * power
        power *= 10
