"""The part of a story's rows that one page shows, as a tree that opens and closes."""

from collections.abc import Sequence
from dataclasses import dataclass

from explorer.web.timeline import Row, ancestors

PAGE_ROWS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A row on a page. `opens` says that others lie within, `closes` how many end after it.

    A row is `repeated` when it stands on a page before, and is here to show where the rest is.
    """

    row: Row
    opens: bool
    closes: int
    repeated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some rows of a story. `number` counts from 1."""

    shown: tuple[Shown, ...]
    number: int
    pages: int
    total: int


def page_of(rows: Sequence[Row], number: int) -> Page:
    """Return the page of that number, or the nearest there is."""
    pages = max(1, -(-len(rows) // PAGE_ROWS))
    number = min(max(number, 1), pages)
    own = rows[(number - 1) * PAGE_ROWS : number * PAGE_ROWS]
    above = ancestors(own[0]) if own else []
    return Page(
        shown=tuple(_shown([*above, *own], len(above))),
        number=number,
        pages=pages,
        total=len(rows),
    )


def page_with(rows: Sequence[Row], key: str | None) -> int:
    """Return the number of the page that shows the row of this key; 1 where none does."""
    place = next((place for place, row in enumerate(rows) if row.key == key), 0)
    return place // PAGE_ROWS + 1


def narrowed(rows: Sequence[Row], wanted: str) -> list[Row]:
    """Return the rows that mention a text, and those they lie within."""
    words = wanted.lower().split()
    kept: set[int] = set()
    for row in rows:
        if all(word in _text(row) for word in words):
            kept |= {row.number, *(above.number for above in ancestors(row))}
    return [row for row in rows if row.number in kept]


def _shown(rows: Sequence[Row], repeated: int) -> list[Shown]:
    shown: list[Shown] = []
    open_depths: list[int] = []
    for place, row in enumerate(rows):
        next_depth = rows[place + 1].depth if place + 1 < len(rows) else -1
        opens = next_depth > row.depth
        if opens:
            open_depths.append(row.depth)
        closes = 0
        while open_depths and not opens and open_depths[-1] >= next_depth:
            open_depths.pop()
            closes += 1
        shown.append(Shown(row=row, opens=opens, closes=closes, repeated=place < repeated))
    return shown


def _text(row: Row) -> str:
    span = row.span
    told = (span.kind, span.name, span.identifier, span.status, span.service, span.model_id)
    said = (span.error_type, span.error_message, *span.marks, *(n.text for n in span.notes))
    return " ".join(each for each in (*told, *said) if each).lower()
