"""Where the page draws a story, and how it cuts a long one into parts."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from explorer.trace.span import Note, Span
from explorer.web.timeline import ancestors, timeline
from explorer.web.tree import PAGE_ROWS, Shown, narrowed, page_of, page_with

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

moments = st.none() | st.integers(-10, 10_000).map(lambda ms: NOON + timedelta(milliseconds=ms))
notes = st.builds(
    Note,
    at=moments.filter(bool),
    text=st.sampled_from(["lost", "slow"]),
    serious=st.booleans(),
)
leaves = st.builds(
    Span,
    kind=st.sampled_from(["layer", "index", "search"]),
    name=st.sampled_from(["sentiment", "embedding"]),
    identifier=st.none(),
    status=st.sampled_from(["completed", "failed", "started"]),
    start=moments,
    end=moments,
    waited_s=st.none() | st.floats(0, 100),
    notes=st.lists(notes, max_size=3).map(tuple),
)
trees = st.recursive(
    leaves,
    lambda inner: st.builds(
        Span,
        kind=st.just("run"),
        name=st.sampled_from(["enrich", "ingest"]),
        identifier=st.none(),
        status=st.just("completed"),
        start=moments,
        end=moments,
        children=st.lists(inner, max_size=6).map(tuple),
    ),
    max_leaves=40,
)


@given(st.lists(trees, max_size=5))
def test_every_bar_begins_on_the_axis_and_every_span_has_one_row(roots: list[Span]) -> None:
    line = timeline(roots)
    assert [row.number for row in line.rows] == list(range(sum(map(_size, roots))))
    assert len({row.key for row in line.rows}) == len(line.rows)
    for row in line.rows:
        assert (row.bar is None) == (row.span.start is None)
        if row.bar:
            assert 0 <= row.bar.left < 100
            assert 0 < row.bar.width <= 100
            assert all(0 <= left <= 100 for left, _ in row.bar.noted)
    lefts = [tick.left for tick in line.ticks]
    assert lefts == sorted(lefts)
    assert lefts[0] == 0
    assert lefts[-1] <= 100
    assert len(lefts) <= 10


def test_the_axis_has_round_times() -> None:
    span = Span(kind="job", name="job", identifier="x", status="completed", start=NOON)
    for seconds, ticks in ((0.0123, 7), (12.8, 7), (3 * 3600, 7), (40 * 86_400, 9)):
        line = timeline([_ended(span, seconds)])
        assert len(line.ticks) == ticks, seconds
        assert line.total_s == seconds


@given(st.integers(0, 3 * PAGE_ROWS), st.integers(1, 40))
def test_parts_hold_every_row_once_and_close_what_they_open(rows: int, width: int) -> None:
    told = timeline([_job(rows, width)]).rows
    first = page_of(told, 1)
    seen: list[int] = []
    for number in range(1, first.pages + 1):
        shown = page_of(told, number).shown
        own = [each.row.number for each in shown if not each.repeated]
        assert all(page_with(told, told[place].key) == number for place in own[:1] + own[-1:])
        seen += own
        _assert_balanced(shown)
        repeated = [each.row for each in shown if each.repeated]
        assert repeated == ancestors(told[own[0]])
    assert seen == list(range(len(told)))


@given(st.lists(trees, max_size=4), st.sampled_from(["sentiment", "enrich failed", "lost", "x"]))
def test_what_is_found_lies_within_what_is_shown(roots: list[Span], wanted: str) -> None:
    rows = timeline(roots).rows
    found = narrowed(rows, wanted)
    numbers = {row.number for row in found}
    assert [row.number for row in found] == sorted(numbers)
    for row in found:
        assert {above.number for above in ancestors(row)} <= numbers
    last = {row.number for row in found} - {a.number for row in found for a in ancestors(row)}
    assert all(_mentions(rows[number].span, wanted) for number in last)
    _assert_balanced(page_of(found, 1).shown)


def _assert_balanced(shown: Sequence[Shown]) -> None:
    depth = shown[0].row.depth if shown else 0
    for each in shown:
        assert each.row.depth == depth
        depth += each.opens - each.closes
    assert depth == (shown[0].row.depth if shown else 0)


def _job(rows: int, width: int) -> Span:
    steps = [
        Span(kind="layer", name=f"layer {number}", identifier=None, status="completed", start=NOON)
        for number in range(rows)
    ]
    runs = tuple(
        Span(
            kind="run",
            name="enrich",
            identifier=f"run {begin}",
            status="completed",
            children=tuple(steps[begin : begin + width]),
        )
        for begin in range(0, rows, width)
    )
    return Span(kind="job", name="job", identifier="job", status="completed", children=runs)


def _ended(span: Span, seconds: float) -> Span:
    return Span(
        kind=span.kind,
        name=span.name,
        identifier=span.identifier,
        status=span.status,
        start=span.start,
        end=NOON + timedelta(seconds=seconds),
    )


def _size(span: Span) -> int:
    return 1 + sum(map(_size, span.children))


def _mentions(span: Span, wanted: str) -> bool:
    told = f"{span.kind} {span.name} {span.status} {[note.text for note in span.notes]}"
    return all(word in told for word in wanted.split())
