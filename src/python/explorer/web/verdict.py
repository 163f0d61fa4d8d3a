"""What went wrong in a story, told first: which job, worker, attempt and layer, and why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from explorer.trace.span import Span
from explorer.trace.waterfall import duration
from explorer.web.timeline import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that a reader should know, and the row that shows it. `kind` says how bad it is.

    `failed`: it cost the result; `open`: nobody knows how it ends; `mended`: it was overcome.
    """

    kind: str
    row: Row
    place: str
    told: str
    error: str | None


def findings(rows: Sequence[Row]) -> list[Finding]:
    """Return what went wrong: first what failed for good, then what is open, then the rest."""
    found = [finding for row in rows for finding in _findings(row, rows)]
    return sorted(found, key=lambda finding: ("failed", "open", "mended").index(finding.kind))


def outcome(rows: Sequence[Row]) -> str:
    """Return how a story ended: failed, open, cancelled, completed."""
    statuses = [row.span.status for row in rows if row.span.kind in ("request", "job", "search")]
    if "failed" in statuses:
        return "failed"
    if any(row.span.end is None and row.span.kind == "job" for row in rows):
        return "open"
    return "cancelled" if "cancelled" in statuses else "completed"


def _findings(row: Row, rows: Sequence[Row]) -> Iterator[Finding]:
    span = row.span
    if span.status == "failed":
        lost = _is_final(row)
        yield Finding(
            kind="failed" if lost else "mended",
            row=row,
            place=_place(row),
            told=_consequence(row, lost),
            error=_error(span),
        )
    elif span.end is None and span.kind != "request":
        yield Finding(kind="open", row=row, place=_place(row), told="never ended", error=None)


def _is_final(row: Row) -> bool:
    """Tell whether a failure decided how the job ended."""
    job = row
    while job.parent is not None and job.span.kind not in ("request", "job"):
        job = job.parent
    if job.span.kind != "job":
        return True
    if job.span.status != "failed":
        return False
    last = job.span.children[-1].identifier if job.span.children else None
    run = row.parent if row.span.kind in ("layer", "index") else row
    return row is job or (run is not None and run.span.identifier == last)


def _place(row: Row) -> str:
    parts = [_named(row.span)]
    if row.span.kind in ("layer", "index") and row.parent is not None:
        parts.insert(0, _named(row.parent.span))
    return " › ".join(parts)


def _named(span: Span) -> str:
    named = f"layer {span.name}" if span.kind == "layer" else span.name
    return f"{named}, attempt {span.attempt}" if span.attempt else named


def _consequence(row: Row, final: bool) -> str:
    span = row.span
    if span.kind == "job":
        tries = [run for run in span.children if run.name == span.children[-1].name]
        worker = f" after {len(tries)} attempts of {tries[0].name}" if len(tries) > 1 else ""
        return f"gave up{worker}"
    if span.kind in ("request", "search"):
        return "failed"
    if span.kind == "run":
        took = f"failed after {duration(span.duration_s)}" if span.duration_s else "failed"
        again = _next_attempt(row)
        if again is not None and again.waited_s is not None:
            return f"{took}; tried again {duration(again.waited_s)} later"
        return took if again else f"{took}; no attempt was left" if final else took
    run = row.parent.span if row.parent else None
    if run is not None and run.status == "completed":
        return "failed; the attempt completed without it"
    return "failed, and the attempt with it"


def _next_attempt(row: Row) -> Span | None:
    if row.parent is None:
        return None
    later = [run for run in row.parent.span.children if run.name == row.span.name]
    place = next((n for n, run in enumerate(later) if run.identifier == row.span.identifier), -1)
    return later[place + 1] if 0 <= place < len(later) - 1 else None


def _error(span: Span) -> str | None:
    if span.error_type is None:
        return None
    return f"{span.error_type}: {span.error_message}" if span.error_message else span.error_type
