"""What differs between two selections, or between two jobs, the most significant first.

Latencies are compared by the Mann-Whitney U test, rates by Fisher's exact test. A difference is
significant when its p value is below `LEVEL` divided by the number of tests (Bonferroni), and, for
a latency, when the medians are at least `LEAST_SHIFT` apart: with enough events, any trifle has a
small p value.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, log
from typing import Any

from explorer.statistics.errors import errors
from explorer.statistics.groups import DIMENSIONS, Group, groups
from explorer.statistics.selection import Selection
from explorer.statistics.significance import FEWEST, fisher, mann_whitney
from explorer.statistics.slow import JobTime

COMPARED = ("job_type", "worker", "layer", "search")
LEVEL = 0.05
LEAST_SHIFT = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A median in milliseconds or a rate, and the number of events that it is made of.

    No value where there are no events; `p95` only of latencies.
    """

    count: int
    value: float | None
    p95: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How one thing differs between the sides: `latency`, `failures`, `retries` or `error`.

    `p_value` is None where there is too little to test.
    """

    kind: str
    what: str
    a: Measure
    b: Measure
    p_value: float | None
    significant: bool = False

    @property
    def ratio(self) -> float | None:
        """How many times `a` is `b`; None where one of them has no value or is nothing."""
        return self.b.value / self.a.value if self.a.value and self.b.value else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeChange:
    """The seconds that two jobs spent on the same; None where one of them did not do it."""

    what: str
    a_s: float | None
    b_s: float | None

    @property
    def difference_s(self) -> float:
        """How much longer `b` took."""
        return (self.b_s or 0) - (self.a_s or 0)


def changes(a: Selection, b: Selection) -> tuple[Change, ...]:
    """Return what both sides have measured, significant changes first; both use one index."""
    found = [*_by_dimension(a, b), *_errors(a, b)]
    tests = sum(change.p_value is not None for change in found)
    judged = [replace(each, significant=_is_significant(each, tests)) for each in found]
    return tuple(sorted(judged, key=_order))


def time_changes(a: JobTime, b: JobTime) -> tuple[TimeChange, ...]:
    """Return how the times of two jobs differ: the whole first, then the largest differences."""
    spent_a, spent_b = dict(_spent(a)), dict(_spent(b))
    whole, *parts = [
        TimeChange(what=what, a_s=spent_a.get(what), b_s=spent_b.get(what))
        for what in dict.fromkeys([*spent_a, *spent_b])
    ]
    return whole, *sorted(parts, key=lambda change: -abs(change.difference_s))


def shared_events(a: Selection, b: Selection) -> int:
    """Return how many events are on both sides: they make differences look smaller."""
    where = b.where
    sql = f"SELECT count(*) AS shared FROM selected WHERE {where.sql}"  # noqa: S608
    (row,) = a.ask(sql, where.parameters)
    return int(row["shared"])


def _by_dimension(a: Selection, b: Selection) -> Iterator[Change]:
    for by in COMPARED:
        ranks = _ranks(a, b, by)
        in_a, in_b = ({group.key: group for group in groups(side, by)} for side in (a, b))
        for key in dict.fromkeys([*in_a, *in_b]):
            what = f"{by.replace('_type', '')} {key}"
            one, other = in_a.get(key), in_b.get(key)
            yield Change(
                kind="latency",
                what=what,
                a=_median(one),
                b=_median(other),
                p_value=_latency_test(ranks.get(key)),
            )
            yield _rate("failures", what, _failures(one), _failures(other))
            yield _rate("retries", what, _retries(one), _retries(other))


def _errors(a: Selection, b: Selection) -> Iterator[Change]:
    """Compare how often what can fail by an error did so."""
    ended_a, ended_b = ({g.key: g.ended for g in groups(side, "area")} for side in (a, b))
    hits_a, hits_b = _error_counts(a), _error_counts(b)
    for error_type, event_name in dict.fromkeys([*hits_a, *hits_b]):
        key = error_type, event_name
        area = event_name.split(".")[1]
        if ended_a.get(area) or ended_b.get(area):
            what = f"{error_type} in {event_name.removeprefix('narralytica.')}"
            one = hits_a.get(key, 0), ended_a.get(area, 0)
            yield _rate("error", what, one, (hits_b.get(key, 0), ended_b.get(area, 0)))


def _error_counts(side: Selection) -> dict[tuple[str, str], int]:
    counts: dict[tuple[str, str], int] = {}
    for each in errors(side):
        key = each.error_type, each.event_name
        counts[key] = counts.get(key, 0) + each.count
    return counts


def _rate(kind: str, what: str, a: tuple[int, int], b: tuple[int, int]) -> Change:
    return Change(
        kind=kind,
        what=what,
        a=Measure(count=a[1], value=a[0] / a[1] if a[1] else None),
        b=Measure(count=b[1], value=b[0] / b[1] if b[1] else None),
        p_value=fisher(*a, *b) if a[1] and b[1] and a[0] + b[0] else None,
    )


def _failures(group: Group | None) -> tuple[int, int]:
    return (group.failed, group.ended) if group else (0, 0)


def _retries(group: Group | None) -> tuple[int, int]:
    return (group.retries, group.started) if group else (0, 0)


def _median(group: Group | None) -> Measure:
    latency = group.latency if group else None
    if latency is None:
        return Measure(count=0, value=None)
    return Measure(count=latency.count, value=latency.p50, p95=latency.p95)


def _ranks(a: Selection, b: Selection, by: str) -> Mapping[str, Mapping[str, Any]]:
    """Return what the rank test needs, by key."""
    dimension, other = DIMENSIONS[by], b.where
    rows = a.ask(
        f"""
        , timed AS (
            SELECT true AS is_a, {dimension.column} AS key, latency_ms FROM selected
            WHERE {dimension.about} AND {dimension.measured}
            UNION ALL
            SELECT false, {dimension.column}, latency_ms FROM events
            WHERE {dimension.about} AND {dimension.measured} AND {other.sql}
        ), ranked AS (
            SELECT *, count(*) OVER (PARTITION BY key, latency_ms) AS ties,
                rank() OVER (PARTITION BY key ORDER BY latency_ms) + (ties - 1) / 2 AS rank
            FROM timed WHERE key IS NOT NULL AND latency_ms IS NOT NULL
        )
        SELECT key, count(*) FILTER (is_a) AS count_a, count(*) FILTER (NOT is_a) AS count_b,
            coalesce(sum(rank) FILTER (is_a), 0)::DOUBLE AS rank_sum_a,
            sum(ties * ties - 1)::DOUBLE AS tie_term
        FROM ranked GROUP BY key
        """,  # noqa: S608  constants, and parameters apart
        other.parameters,
    )
    return {row.pop("key"): row for row in rows}


def _latency_test(ranks: Mapping[str, Any] | None) -> float | None:
    if ranks is None or min(ranks["count_a"], ranks["count_b"]) < FEWEST:
        return None
    return mann_whitney(**ranks)


def _is_significant(change: Change, tests: int) -> bool:
    if change.p_value is None or change.p_value * tests >= LEVEL:
        return False
    return change.kind != "latency" or _shift(change) >= log(1 + LEAST_SHIFT)


def _shift(change: Change) -> float:
    """Return how far apart the values are, whichever is the larger (a logarithm)."""
    return abs(log(change.ratio)) if change.ratio else 0.0


def _order(change: Change) -> tuple[bool, float, float]:
    return (
        not change.significant,
        inf if change.p_value is None else change.p_value,
        -_shift(change),
    )


def _spent(job: JobTime) -> Sequence[tuple[str, float]]:
    whole = [("whole job", job.total_s), ("queue", job.queue_s), ("retry waits", job.retry_s)]
    parts = [
        (f"{part.within} › {part.name}" if part.within else f"worker {part.name}", part.seconds)
        for part in job.parts
    ]
    return [*whole, *parts]
