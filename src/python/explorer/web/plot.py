"""Draws latencies over time: for each span of time a bar from the median to the 95th percentile."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from explorer.statistics.groups import Group, Latency

#: How many spans of time a plot has at most.
MOST_COLUMNS = 60
#: What of its width a column leaves free.
GAP = 0.3
STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200)
DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A span of time. All but `group` in percent: of the width, of the height from the top."""

    group: Group
    left: float
    width: float
    p50: float
    p95: float
    ended: float
    failed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """The columns of one worker or layer, and what it comes to altogether. `top_ms` is 100 %."""

    total: Group
    columns: tuple[Column, ...]
    top_ms: float


def step(first: datetime, last: datetime) -> timedelta:
    """Return the smallest round span of time of which there are not too many."""
    least_s = (last - first).total_seconds() / (MOST_COLUMNS - 2)
    days = timedelta(days=math.ceil(least_s / DAY_S) or 1)
    return next((timedelta(seconds=each) for each in STEPS_S if each >= least_s), days)


def plots(totals: Sequence[Group], groups: Iterable[Group], span: timedelta) -> list[Plot]:
    """Return a plot for each total that was measured, all of them on the same axis of time."""
    buckets = [group for group in groups if group.bucket is not None]
    moments = [group.bucket for group in buckets if group.bucket is not None]
    if not moments:
        return []
    begin, whole = min(moments), max(moments) - min(moments) + span
    return [
        _plot(total, total.latency, [g for g in buckets if g.key == total.key], begin, whole, span)
        for total in totals
        if total.latency is not None
    ]


def _plot(
    total: Group,
    latency: Latency,
    groups: Sequence[Group],
    begin: datetime,
    whole: timedelta,
    span: timedelta,
) -> Plot:
    slowest = max((group.latency.p95 for group in groups if group.latency), default=latency.p95)
    top_ms = _round_up(slowest)
    busiest = max((group.ended for group in groups), default=1) or 1
    columns = []
    for group in groups:
        if group.bucket is None or group.latency is None:
            continue
        columns.append(
            Column(
                group=group,
                left=round(100 * ((group.bucket - begin + GAP / 2 * span) / whole), 3),
                width=round(100 * ((1 - GAP) * span / whole), 3),
                p50=round(100 - 100 * group.latency.p50 / top_ms, 2),
                p95=round(100 - 100 * group.latency.p95 / top_ms, 2),
                ended=round(100 * group.ended / busiest, 2),
                failed=round(100 * group.failed / busiest, 2),
            )
        )
    return Plot(total=total, columns=tuple(columns), top_ms=top_ms)


def _round_up(value: float) -> float:
    """Return the next number of the form 1, 2, 2.5 or 5 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(digit * power for digit in (1, 2, 2.5, 5, 10) if digit * power >= value * 0.999999)
