"""`narralytica stats`."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import click
from rich.text import Text

from explorer.commands.opened import selection
from explorer.commands.options import as_json, files, filtered
from explorer.commands.output import (
    Cell,
    brief,
    compact,
    console,
    counted,
    moment,
    note,
    percent,
    print_json,
    print_rows,
    table,
)
from explorer.filter import Expression, read_duration
from explorer.statistics.groups import DIMENSIONS, Group, Latency, groups
from explorer.statistics.selection import Extent, extent


class Bucket(click.ParamType[timedelta]):
    """A span of time, such as 5m."""

    name = "duration"

    def convert(
        self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Return the duration. Fails as wrong usage."""
        read = value if isinstance(value, timedelta) else read_duration(value)
        if not read:
            self.fail("is no duration: write 30s, 5m, 1h or 1d", param, ctx)
        return read


@click.command()
@files
@click.option(
    "--by",
    type=click.Choice(list(DIMENSIONS)),
    default="area",
    show_default=True,
    help="What to group by.",
)
@click.option("--bucket", type=Bucket(), help="Also by spans of time, such as 5m.")
@filtered
@as_json
def stats(
    files: tuple[Path, ...],
    by: str,
    bucket: timedelta | None,
    expression: Expression,
    as_json: bool,
) -> None:
    """Count the events of FILES, and measure failures, latencies, retries and tokens.

    A rate of failures is among all ends: completed, failed, cancelled, executed. Latencies are the
    median (p50) and the times that 95 and 99 of 100 do not exceed. A retry is a start with an
    attempt above 1. Exits with 0, and with 2 for a file or filter that cannot be read.

    \b
      narralytica stats events/*.jsonl --by worker
      narralytica stats events/*.jsonl --by layer --since 1h --bucket 5m
      narralytica stats events/*.jsonl --by model -f 'layer_name:sentiment'
    """
    with selection(files, expression) as selected:
        found, whole = groups(selected, by, bucket), extent(selected)
    if as_json:
        print_json({"by": by, "extent": whole, "groups": found})
        return
    print_rows(stats_rows(found, whole, by, console().width))


def stats_rows(found: Sequence[Group], whole: Extent, by: str, width: int) -> Iterator[Text]:
    """Yield the table of groups, with a heading for each span of time."""
    titles = [by, "events", "failed", "p50", "p95", "p99", "retries", "tokens"]
    shown = [number for number, title in enumerate(titles) if _is_told(title, found)]
    titles = [titles[number] for number in shown]
    for bucket in dict.fromkeys(group.bucket for group in found):
        if bucket:
            yield Text(f"{moment(bucket)} UTC", "bold")
        rows = [_row(group) for group in found if group.bucket == bucket]
        yield from table(titles, [[row[number] for number in shown] for row in rows], width)
    yield from extent_rows(whole, width)


def extent_rows(whole: Extent, width: int) -> Iterator[Text]:
    """Yield how much was asked about."""
    told = ((whole.events, "event"), (whole.jobs, "job"), (whole.requests, "request"))
    yield from note(" · ".join(counted(*each) for each in told), width, "dim")
    if whole.first and whole.last:
        yield from note(f"{moment(whole.first)} to {moment(whole.last)} UTC", width, "dim")


def _is_told(title: str, found: Sequence[Group]) -> bool:
    """Leave out columns that have nothing to tell."""
    if title == "retries":
        return any(group.retries for group in found)
    return title != "tokens" or any(group.tokens_in or group.tokens_out for group in found)


def _row(group: Group) -> list[Cell | str]:
    return [
        group.key.removeprefix("narralytica."),
        f"{group.events:,}",
        _failed(group),
        *_latency(group.latency),
        f"{group.retries:,}" if group.started else "",
        f"{compact(group.tokens_in)}→{compact(group.tokens_out)}"
        if group.tokens_in or group.tokens_out
        else "",
    ]


def _failed(group: Group) -> Cell:
    if group.error_rate is None:
        return Cell(text="")
    text = f"{group.failed:,} {percent(group.error_rate):>6}" if group.failed else f"0{'':7}"
    return Cell(text=text, style="red" if group.failed else "dim")


def _latency(latency: Latency | None) -> list[Cell | str]:
    if latency is None:
        return ["", "", ""]
    return [brief(value / 1000) for value in (latency.p50, latency.p95, latency.p99)]
