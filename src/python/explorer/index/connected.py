"""The story of an id, asked of the index as `explorer.trace.connected` asks it of a list."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import duckdb
import orjson

from explorer.index.columns import CORRELATION
from explorer.lines import EventLine
from explorer.trace.connected import KINDS as JOINING
from explorer.trace.connected import VIEWED

#: What an id can identify, and the column that bears it.
KINDS = {column.removesuffix("_id"): column for column in (*JOINING, "event_id")}
MOST_MATCHES = 1000

# One column at a time: ids rise with time, or nearly so, and the engine passes over what it can.
_MATCHES = " UNION ALL ".join(
    f"(SELECT DISTINCT '{kind}', {column} FROM kept.stored"  # noqa: S608  constants alone
    f" WHERE {column} >= $first AND {column} < $behind ORDER BY 2 LIMIT {MOST_MATCHES})"
    for kind, column in KINDS.items()
)
_EVENT = ", ".join(
    ("row", "event_id", "event_name", "occurred_at", "service_name", "payload", *CORRELATION)
)
_JOINED = "SELECT DISTINCT {asked} FROM kept.stored WHERE {by} IN (SELECT unnest($ids))"
_HITS = " UNION ".join(
    f"SELECT {_EVENT} FROM kept.stored WHERE {column} = $id"  # noqa: S608  constants alone
    for column in KINDS.values()
)
_STORY = f"""
SELECT {_EVENT} FROM kept.stored WHERE job_id IN (SELECT unnest($jobs)) UNION ALL
SELECT {_EVENT} FROM kept.stored WHERE request_id IN (SELECT unnest($requests))
    AND (job_id IS NULL OR job_id NOT IN (SELECT unnest($jobs)))
"""  # noqa: S608  constants alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An id, and what it identifies: request, job, job_run, trace or event."""

    kind: str
    identifier: str


def matches(database: duckdb.DuckDBPyConnection, prefix: str) -> list[Match]:
    """Return the id that is `prefix`, else those that begin with it, at most 1,000 of a kind."""
    wanted = prefix.strip().lower()
    if not wanted:
        return []
    found = database.execute(_MATCHES, {"first": wanted, "behind": f"{wanted}g"}).fetchall()
    told = [Match(kind=kind, identifier=identifier) for kind, identifier in found]
    return [match for match in told if match.identifier == wanted] or told


def connected(database: duckdb.DuckDBPyConnection, identifier: str) -> list[EventLine]:
    """Return all events of the requests and jobs that the id belongs to, in order of time."""
    hits = _rows(database, _HITS, {"id": identifier})
    jobs = _values(hits, "job_id")
    requests = _values(
        [h for h in hits if h["event_name"] != VIEWED or h["request_id"] == identifier],
        "request_id",
    )
    requests |= _joined(database, "request_id", "job_id", jobs)
    jobs |= _joined(database, "job_id", "request_id", requests)
    story = _rows(database, _STORY, {"jobs": list(jobs), "requests": list(requests)})
    by_row = {row["row"]: row for row in (*hits, *story)}
    told = sorted(
        by_row.values(), key=lambda row: (row["occurred_at"], row["event_id"] or "", row["row"])
    )
    return [_event(row) for row in told]


def _joined(
    database: duckdb.DuckDBPyConnection, asked: str, by: str, ids: Iterable[str]
) -> set[str]:
    sql = _JOINED.format(asked=asked, by=by) + f" AND event_name != '{VIEWED}'"
    return _values(_rows(database, sql, {"ids": list(ids)}), asked)


def _rows(
    database: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, object]
) -> list[dict[str, Any]]:
    found = database.execute(sql, parameters)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _values(rows: Iterable[Mapping[str, Any]], column: str) -> set[str]:
    return {row[column] for row in rows if row[column] is not None}


def _event(row: dict[str, Any]) -> EventLine:
    return EventLine(
        event_id=row["event_id"],
        event_name=row["event_name"],
        occurred_at=row["occurred_at"].replace(tzinfo=UTC),
        correlation={column: row[column] for column in CORRELATION},
        service_name=row["service_name"],
        payload=orjson.loads(row["payload"]),
    )
