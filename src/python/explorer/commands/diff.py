"""`narralytica diff`."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
from rich.text import Text

from explorer.commands.opened import selection
from explorer.commands.options import as_json, files, filtered, parsed
from explorer.commands.output import (
    Cell,
    Row,
    brief,
    console,
    counted,
    moment,
    note,
    percent,
    print_json,
    print_rows,
    table,
)
from explorer.filter import All, Expression
from explorer.statistics.diff import (
    Change,
    Measure,
    TimeChange,
    changes,
    shared_events,
    time_changes,
)
from explorer.statistics.selection import Extent, Selection, extent
from explorer.statistics.slow import JobTime, job_time

MOST = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What is compared: as it was named, what that selects, and the job where it is one."""

    name: str
    selected: Selection
    extent: Extent
    job: JobTime | None


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@files
@filtered
@click.option("--all", "everything", is_flag=True, help=f"More than {MOST} differences.")
@as_json
def diff(
    a: str,
    b: str,
    files: tuple[Path, ...],
    expression: Expression,
    everything: bool,
    as_json: bool,
) -> None:
    """Compare two sides of FILES, the significant changes first.

    A side is a filter, or the beginning of a job's id. Two jobs are compared by where their time
    went. All else is compared by latencies, failures, retries and errors: significant (●) is what
    chance alone explains in less than one of twenty comparisons as a whole (Mann-Whitney U for
    latencies whose medians are at least 10 % apart, Fisher's exact test for rates, Bonferroni).
    Exits with 1 when there is a significant change, else with 0; with 2 for a file or filter that
    cannot be read, or a side that has no events.

    \b
      narralytica diff 0193f0c2-77aa 0193f0d5-0b1c events/*.jsonl
      narralytica diff 'since:2h until:1h' since:1h events/*.jsonl
      narralytica diff service_version:0.1.0 service_version:0.2.0 events/*.jsonl
    """
    named = [(side, parsed(side)) for side in (a, b)]
    with selection(files, expression) as selected:
        sides = [_side(name, side, selected) for name, side in named]
        significant = _compare(*sides, everything=everything, as_json=as_json)
    sys.exit(1 if significant else 0)


def _compare(a: Side, b: Side, *, everything: bool, as_json: bool) -> bool:
    """Print the differences; tell whether a significant one is among them."""
    if a.job and b.job:
        times = time_changes(a.job, b.job)
        if as_json:
            print_json({"a": a.job, "b": b.job, "changes": times})
        else:
            print_rows(jobs_rows(a.job, b.job, times, console().width))
        return False
    found = changes(a.selected, b.selected)
    if as_json:
        print_json({"a": a.extent, "b": b.extent, "changes": found})
    else:
        shared = shared_events(a.selected, b.selected)
        width = console().width
        print_rows(changes_rows(a, b, found, shared, len(found) if everything else MOST, width))
    return any(change.significant for change in found)


def _side(name: str, wanted: Expression, among: Selection) -> Side:
    """Return what a side selects: one job by its id, else what passes the filter."""
    matches = among.index.matches(name.strip().lower())
    jobs = [match.identifier for match in matches if match.kind == "job"]
    if len(jobs) > 1:
        listed = "\n".join(f"  {job_id}" for job_id in jobs[:MOST])
        raise click.UsageError(f"{len(jobs)} jobs begin with {name!r}:\n{listed}")
    if jobs:
        wanted = parsed(f"job_id:{jobs[0]}")
    selected = replace(among, expression=All((wanted, among.expression)))
    whole = extent(selected)
    if not whole.events:
        raise click.UsageError(f"No event passes {name!r}.")
    job = job_time(selected, jobs[0]) if jobs else None
    return Side(name=name, selected=selected, extent=whole, job=job)


def jobs_rows(a: JobTime, b: JobTime, found: Sequence[TimeChange], width: int) -> Iterator[Text]:
    """Yield where the time of two jobs went, side by side."""
    for mark, job in (("A", a), ("B", b)):
        yield from note(f"{mark} {job.job_id} {job.job_type} {job.status}", width, "dim")
    rows: list[Row] = [
        [
            change.what,
            "–" if change.a_s is None else brief(change.a_s),
            "–" if change.b_s is None else brief(change.b_s),
            Cell(text=_signed(change.difference_s), style=_colour(change.difference_s)),
        ]
        for change in found
    ]
    yield from table(["time in", "A", "B", "change"], rows, width)


def changes_rows(
    a: Side, b: Side, found: Sequence[Change], shared: int, most: int, width: int
) -> Iterator[Text]:
    """Yield the differences of two selections, side by side, the significant ones marked."""
    for mark, side in (("A", a), ("B", b)):
        yield from _about(mark, side, width)
    if shared:
        overlap = f"{counted(shared, 'event')} on both sides, hiding differences."
        yield from note(overlap, width, "yellow")
    told = [change for change in found if change.a.value != change.b.value]
    shown = [change for number, change in enumerate(told) if change.significant or number < most]
    titles = ["", "A", "B", "change", "of A", "of B", "p"]
    yield from table(titles, [_row(change) for change in shown], width)
    left = len(told) - len(shown)
    count = sum(change.significant for change in found)
    more = f", {left:,} more with --all" if left else ""
    yield from note(
        f"{count} significant (●) of {counted(len(told), 'difference')}{more}", width, "dim"
    )


def _about(mark: str, side: Side, width: int) -> Iterator[Text]:
    whole = side.extent
    times = (
        f"{moment(whole.first)} to {moment(whole.last)} UTC" if whole.first and whole.last else ""
    )
    yield from note(f"{mark} {side.name}", width, "bold")
    about = f"{counted(whole.events, 'event')} · {counted(whole.jobs, 'job')}"
    yield from note(f"{about} · {times}", width, "dim", 2)


def _row(change: Change) -> Row:
    mark = "● " if change.significant else "  "
    kind = "" if change.kind == "error" else f" {change.kind}"
    worse = (change.b.value or 0) - (change.a.value or 0)
    style = ("bold " if change.significant else "dim ") + _colour(worse)
    return [
        Cell(text=f"{mark}{change.what}{kind}", style="bold" if change.significant else ""),
        _value(change, change.a),
        _value(change, change.b),
        Cell(text=_difference(change), style=style.strip()),
        f"{change.a.count:,}",
        f"{change.b.count:,}",
        "" if change.p_value is None else _probability(change.p_value),
    ]


def _value(change: Change, measure: Measure) -> str:
    if measure.value is None:
        return "–"
    if change.kind == "latency":
        return brief(measure.value / 1000)
    return percent(measure.value)


def _difference(change: Change) -> str:
    if change.a.value is None or change.b.value is None:
        return ""
    if change.kind == "latency":
        return f"×{change.ratio:.2f}" if change.ratio else ""
    return f"{(change.b.value - change.a.value) * 100:+.1f} pp"


def _probability(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def _signed(seconds: float) -> str:
    return f"{'+' if seconds >= 0 else '−'}{brief(abs(seconds))}"


def _colour(worse: float) -> str:
    return "red" if worse > 0 else "green" if worse < 0 else ""
