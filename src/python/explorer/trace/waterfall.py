"""Draws spans as a waterfall on a time axis, for terminals from 40 columns on."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from textwrap import wrap

from rich.cells import cell_len
from rich.text import Text

from explorer.harmless import harmless
from explorer.trace.span import Span

GLYPHS = {
    "completed": ("✓", "green"),
    "executed": ("✓", "green"),
    "failed": ("✗", "bold red"),
    "cancelled": ("⊘", "yellow"),
}
OPEN = ("…", "yellow")
DURATION_CELLS = 8
ID_CELLS = 36
#: A shorter time in the queue is only drawn.
WORTH_TELLING_S = 0.1


def waterfall(roots: Sequence[Span], *, now: datetime, width: int) -> Iterator[Text]:
    """Yield the rows: what, when, how long. Waits are dotted, the critical path is drawn thick."""
    rows = [row for root in roots for row in _rows(root, 0)]
    moments = [moment for span, _ in rows for moment in (span.start, span.end) if moment]
    first = min(moments, default=now)
    last = max(moments, default=now)
    label_cells = min(
        max((cell_len(_label(s, d)) for s, d in rows), default=0), max(19, width // 3)
    )
    ids = ID_CELLS + 2 if width >= 120 else 0
    bar_cells = max(8, width - label_cells - DURATION_CELLS - 4 - ids)
    total = max((last - first).total_seconds(), 1e-6)
    for span, depth in rows:
        row = Text(_fitted(_label(span, depth), label_cells), no_wrap=True)
        row.stylize("bold" if depth == 0 else "", 0)
        row.append("  ")
        row.append_text(_bar(span, first, total, bar_cells))
        row.append("  " + _length(span).rjust(DURATION_CELLS))
        if ids and span.identifier:
            row.append(f"  {span.identifier}", "dim")
        yield row
        for text, style in _remarks(span, now):
            yield _remark(text, style, depth, width)
    began = f"{first:%Y-%m-%d %H:%M:%S.%f}"[:-3]
    yield _remark(f"{duration(total)} from {began} UTC", "dim", -1, width)
    yield from _summary(rows, width)


def duration(seconds: float) -> str:
    """Return a time with its unit, three or four digits of it."""
    if seconds < 1:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 120:
        return f"{seconds:.2f} s"
    minutes, left = divmod(round(seconds), 60)
    return f"{minutes} min {left} s" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def _rows(span: Span, depth: int) -> Iterator[tuple[Span, int]]:
    yield span, depth
    for child in span.children:
        yield from _rows(child, depth + 1)


def _label(span: Span, depth: int) -> str:
    glyph = "" if span.kind == "request" and not span.status else f"{_glyph(span)[0]} "
    attempt = f" #{span.attempt}" if span.attempt else ""
    return f"{'  ' * depth}{glyph}{harmless(span.name)}{attempt}"


def _glyph(span: Span) -> tuple[str, str]:
    return GLYPHS.get(span.status, OPEN)


def _fitted(text: str, cells: int) -> str:
    fitted = Text(text)
    fitted.truncate(cells, overflow="ellipsis", pad=True)
    return fitted.plain


def _bar(span: Span, first: datetime, total: float, cells: int) -> Text:
    if span.start is None:
        return Text(" " * cells)

    def cell(moment: datetime) -> int:
        return min(cells - 1, int((moment - first).total_seconds() / total * cells))

    begin = cell(span.start)
    stop = max(begin + 1, cell(span.end) + (span.end > span.start) if span.end else cells)
    waited = cell(span.start - timedelta(seconds=span.waited_s)) if span.waited_s else begin
    stroke = "━" if span.critical or span.kind in ("request", "job") else "─"
    drawn = stroke * (min(stop, cells) - begin)
    if span.end is None:
        drawn = drawn[:-1] + "▷"
    bar = Text(" " * waited)
    bar.append("·" * (begin - waited), "dim")
    bar.append(drawn, "dim" if span.kind in ("request", "job") else _glyph(span)[1])
    bar.append(" " * (cells - bar.cell_len))
    return bar


def _length(span: Span) -> str:
    return "?" if span.duration_s is None else duration(max(span.duration_s, 0))


def _remarks(span: Span, now: datetime) -> Iterator[tuple[str, str]]:
    if span.waited_s and (span.waited_s >= WORTH_TELLING_S or span.waited_for == "retry"):
        what = "waited for the retry" if span.waited_for == "retry" else "in the queue"
        yield f"{duration(span.waited_s)} {what}", "dim"
    if span.error_type:
        message = f": {span.error_message}" if span.error_message else ""
        yield f"{span.error_type}{message}", "red"
    for mark in span.marks:
        ago = f", begun {duration((now - span.start).total_seconds())} ago" if span.start else ""
        yield (
            (f"{mark}{ago}" if mark == "never ended" else mark),
            ("dim" if mark.startswith("looked") else "yellow"),
        )
    for note in span.notes:
        yield f"! {note.text}", "red" if note.serious else "yellow"


def _remark(text: str, style: str, depth: int, width: int) -> Text:
    indent = "  " * (depth + 1)
    lines = wrap(harmless(text), width, initial_indent=indent, subsequent_indent=indent)
    return Text("\n".join(lines), style)


def _summary(rows: Sequence[tuple[Span, int]], width: int) -> Iterator[Text]:
    spans = [span for span, _ in rows if span.kind == "run"]
    if not spans:
        return
    work = sum(span.duration_s or 0 for span in spans)
    queue = sum(span.waited_s or 0 for span in spans if span.waited_for == "queue")
    retry = sum(span.waited_s or 0 for span in spans if span.waited_for == "retry")
    parts = [f"work {duration(work)}", f"queue {duration(queue)}"]
    if retry:
        parts.append(f"retry waits {duration(retry)}")
    yield _remark(" · ".join(parts), "", -1, width)
    critical = [span for span in spans if span.critical]
    if critical:
        path = " → ".join(
            f"{harmless(span.name)} {duration(span.duration_s or 0)}" for span in critical
        )
        yield _remark(f"critical path: {path}", "", -1, width)
