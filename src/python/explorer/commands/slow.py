"""`narralytica slow`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from rich.text import Text

from explorer.commands.opened import selection
from explorer.commands.options import as_json, files, filtered
from explorer.commands.output import brief, console, percent, print_json, print_rows
from explorer.filter import Expression
from explorer.harmless import harmless
from explorer.statistics.slow import MOST_JOBS, JobTime, Part, slowest_jobs
from explorer.trace.waterfall import GLYPHS, OPEN, duration

NAME_CELLS = 24
FIGURE_CELLS = 8
SHARE_CELLS = 6


@click.command()
@files
@filtered
@click.option(
    "-n",
    "--most",
    default=MOST_JOBS,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="How many jobs.",
)
@as_json
def slow(files: tuple[Path, ...], expression: Expression, most: int, as_json: bool) -> None:
    """Show the slowest jobs of FILES, and where their time went.

    A job takes from its first event to its last; with a filter, jobs count that have an event
    which passes. What each worker, layer and wait took is shown with its share, the largest first.
    Exits with 0, and with 2 for a file or filter that cannot be read.

    \b
      narralytica slow events/*.jsonl -n 3
      narralytica slow events/*.jsonl --since 1d -f 'worker:enrich'
    """
    with selection(files, expression) as selected:
        found = slowest_jobs(selected, most)
    if as_json:
        print_json({"jobs": found})
        return
    print_rows(slow_rows(found, console().width))


def slow_rows(jobs: Sequence[JobTime], width: int) -> Iterator[Text]:
    """Yield each job, and below it what its time went into, with bars."""
    for job in jobs:
        glyph, style = GLYPHS.get(job.status, OPEN)
        told = Text(no_wrap=True)
        told.append(f"{glyph} ", style)
        told.append(duration(job.total_s), "bold")
        told.append(f"  {harmless(job.job_type)}")
        if told.cell_len + len(job.job_id) + 2 <= width:
            yield told.append(f"  {job.job_id}")
        else:
            yield told
            yield Text(f"    {job.job_id}", "dim")
        if not job.ended:
            yield Text("    never ended: told until its last event", "yellow")
        yield from _parts(job, width)
    if not jobs:
        yield Text("No jobs.", "dim")


def _parts(job: JobTime, width: int) -> Iterator[Text]:
    layers = {part.name: [p for p in job.parts if p.within == part.name] for part in job.parts}
    waits = [("in the queue", job.queue_s), ("waited for retries", job.retry_s)]
    spent: list[tuple[str, float, Part | None]] = [
        (_named(part), part.seconds, part) for part in job.parts if part.within is None
    ]
    spent += [(name, seconds, None) for name, seconds in waits if seconds > 0]
    for name, seconds, part in sorted(spent, key=lambda each: -each[1]):
        yield _line(name, seconds, job.total_s, width, "dim" if part is None else "")
        for layer in layers[part.name] if part else ():
            yield _line(f"  {_named(layer)}", layer.seconds, job.total_s, width, "dim")


def _line(name: str, seconds: float, total: float, width: int, style: str) -> Text:
    share = seconds / total if total else 0
    told = Text(no_wrap=True)
    label = Text(f"    {harmless(name)}")
    label.truncate(NAME_CELLS, overflow="ellipsis", pad=True)
    told.append_text(label)
    told.append(brief(seconds).rjust(FIGURE_CELLS))
    told.append(percent(share, 0).rjust(SHARE_CELLS))
    cells = width - NAME_CELLS - FIGURE_CELLS - SHARE_CELLS - 2
    if round(share * cells) >= 1:
        told.append("  " + "━" * min(cells, round(share * cells)))
    told.stylize(style)
    return told


def _named(part: Part) -> str:
    return f"{part.name} ×{part.times}" if part.times > 1 else part.name
