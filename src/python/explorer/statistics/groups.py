"""Counts, error rates, latencies, retries and tokens, by what somebody asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from explorer.statistics.selection import ENDS, Selection, in_utc


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """Something to group by: a column, and SQL conditions.

    It is `about` some events. Of these, the ends and latencies of those count that are `measured`,
    and the starts of those that can be `retried`.
    """

    column: str
    about: str
    measured: str = "true"
    retried: str = "true"


RUNS = "area = 'job_run'"
LAYERS = "area = 'layer'"
#: What a service does for others; the parts of it would count twice.
WHOLE = "area IN ('job_run', 'search', 'request')"

DIMENSIONS: Mapping[str, Dimension] = {
    "event": Dimension(column="event_name", about="true"),
    "area": Dimension(column="area", about="true"),
    "worker": Dimension(column="worker", about=RUNS),
    "layer": Dimension(column="layer_name", about=LAYERS),
    "model": Dimension(column="model_id", about=LAYERS),
    "job_type": Dimension(column="job_type", about="area = 'job'"),
    "search": Dimension(column="mode", about="area = 'search'"),
    "service": Dimension(column="service_name", about="true", measured=WHOLE, retried=RUNS),
    "version": Dimension(column="service_version", about="true", measured=WHOLE, retried=RUNS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long something took, in milliseconds, and how often it was measured."""

    count: int
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The events with one value of a dimension (in one span of time, from `bucket` on).

    `ended` events tell how something ended, `failed` ones that it failed. `retries` are those of
    the `started` that have an attempt above 1.
    """

    key: str
    bucket: datetime | None
    events: int
    ended: int
    failed: int
    error_rate: float | None
    latency: Latency | None
    started: int
    retries: int
    tokens_in: int
    tokens_out: int


def groups(selection: Selection, by: str, bucket: timedelta | None = None) -> tuple[Group, ...]:
    """Return a group for each value of the dimension `by`, the largest first.

    With `bucket` (longer than no time) each of its spans of time has groups of its own, in the
    order of time; spans without events have none. Raises KeyError for an unknown dimension.
    """
    dimension = DIMENSIONS[by]
    span = "time_bucket(?, occurred_at)" if bucket else "NULL::TIMESTAMP"
    rows = selection.ask(
        f"""
        SELECT {dimension.column} AS key, {span} AS bucket, any_value(area) AS area,
            count(*) AS events,
            count(*) FILTER (action IN {ENDS} AND {dimension.measured}) AS ended,
            count(*) FILTER (action = 'failed' AND {dimension.measured}) AS failed,
            count(latency_ms) FILTER ({dimension.measured}) AS timed,
            quantile_cont(latency_ms, [0.5, 0.95, 0.99]) FILTER ({dimension.measured}) AS latencies,
            count(*) FILTER (action = 'started' AND {dimension.retried}) AS started,
            count(*) FILTER (action = 'started' AND attempt > 1 AND {dimension.retried}) AS retries,
            coalesce(sum(tokens_in), 0)::BIGINT AS tokens_in,
            coalesce(sum(tokens_out), 0)::BIGINT AS tokens_out
        FROM selected WHERE {dimension.about} AND {dimension.column} IS NOT NULL
        GROUP BY 1, 2 ORDER BY bucket, events DESC, key
        """,  # noqa: S608  constants alone
        [bucket] if bucket else [],
    )
    return tuple(_group(row) for row in (_within_area(rows) if by == "event" else rows))


def _within_area(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Make a failure's rate that among all ends of its kind: all of `job.failed` has failed."""
    ended: dict[tuple[str, datetime | None], int] = {}
    for row in rows:
        place = row["area"], row["bucket"]
        ended[place] = ended.get(place, 0) + row["ended"]
    return [
        row | {"ended": ended[row["area"], row["bucket"]] if row["failed"] else 0} for row in rows
    ]


def _group(row: Mapping[str, Any]) -> Group:
    return Group(
        key=row["key"],
        bucket=in_utc(row["bucket"]),
        events=row["events"],
        ended=row["ended"],
        failed=row["failed"],
        error_rate=row["failed"] / row["ended"] if row["ended"] else None,
        latency=_latency(row),
        started=row["started"],
        retries=row["retries"],
        tokens_in=row["tokens_in"],
        tokens_out=row["tokens_out"],
    )


def _latency(row: Mapping[str, Any]) -> Latency | None:
    if not row["timed"]:
        return None
    p50, p95, p99 = row["latencies"]
    return Latency(count=row["timed"], p50=p50, p95=p95, p99=p99)
