"""What went wrong in a story, told first: which job, worker, attempt and layer, and why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from explorer.trace.span import Span
from explorer.trace.waterfall import duration
from explorer.web.timeline import Row

KINDS = ("failed", "open", "mended")
STEPS = ("layer", "index")


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
    """Return what went wrong: first what failed for good, then what is open, then the rest.

    A run that failed by one of its steps is told once, at that step.
    """
    causes = {row.parent.key for row in rows if row.parent and _is_cause(row, row.parent)}
    found = [finding for row in rows if row.key not in causes for finding in _findings(row)]
    return sorted(found, key=lambda finding: KINDS.index(finding.kind))


def _is_cause(step: Row, run: Row) -> bool:
    return (
        step.span.kind in STEPS
        and step.span.status == run.span.status == "failed"
        and step.span.error_type == run.span.error_type
    )


def outcome(rows: Sequence[Row]) -> str:
    """Return how a story ended: failed, open, cancelled, completed."""
    statuses = [row.span.status for row in rows if row.span.kind in ("request", "job", "search")]
    if "failed" in statuses:
        return "failed"
    if any(row.span.end is None and row.span.kind == "job" for row in rows):
        return "open"
    return "cancelled" if "cancelled" in statuses else "completed"


def _findings(row: Row) -> Iterator[Finding]:
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
    run = row.parent if row.span.kind in STEPS else row
    return row is job or (run is not None and run.span.identifier == last)


def _place(row: Row) -> str:
    parts = [_named(row.span)]
    if row.span.kind in STEPS and row.parent is not None:
        parts.insert(0, _named(row.parent.span))
    return " › ".join(parts)


def _named(span: Span) -> str:
    named = f"layer {span.name}" if span.kind == "layer" else span.name
    return f"{named}, attempt {span.attempt}" if span.attempt else named


def _consequence(row: Row, final: bool) -> str:
    if row.span.kind == "job":
        return _given_up(row.span)
    if row.span.kind in ("request", "search"):
        return "failed"
    run = row.parent if row.span.kind in STEPS and row.parent else row
    if run is row or _is_cause(row, run):
        return _failed_run(run, final)
    return (
        "failed; the attempt completed without it" if run.span.status == "completed" else "failed"
    )


def _given_up(job: Span) -> str:
    last = job.children[-1].name if job.children else ""
    tries = sum(run.name == last for run in job.children)
    return f"gave up after {tries} attempts of {last}" if tries > 1 else "gave up"


def _failed_run(run: Row, final: bool) -> str:
    took_s = run.span.duration_s
    told = f"failed after {duration(took_s)}" if took_s and took_s > 0 else "failed"
    again = _next_attempt(run)
    if again is not None and again.waited_s is not None:
        return f"{told}; tried again {duration(again.waited_s)} later"
    return f"{told}; no attempt was left" if final and again is None else told


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
