"""The events that a question is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from explorer.filter import EVERYTHING, Condition, Expression, condition
from explorer.index import Index

#: Actions that tell how something ended.
ENDS = "('completed', 'failed', 'cancelled', 'executed')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The events of an index that pass a filter, whose `1h` is counted back from `now`."""

    index: Index
    expression: Expression = EVERYTHING
    now: datetime

    @property
    def where(self) -> Condition:
        """The filter as SQL."""
        return condition(self.expression, self.now)

    def ask(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        """Answer a query on `selected`, the table of the events that pass."""
        where = self.where
        query = f"WITH selected AS (SELECT * FROM events WHERE {where.sql}) {sql}"  # noqa: S608
        return self.index.rows(query, [*where.parameters, *parameters])


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much was selected, and from when to when; no times where there are no events."""

    events: int
    jobs: int
    requests: int
    first: datetime | None
    last: datetime | None


def extent(selection: Selection) -> Extent:
    """Return how much is selected."""
    (row,) = selection.ask(
        "SELECT count(*) AS events, count(DISTINCT job_id) AS jobs,"
        " count(DISTINCT request_id) AS requests,"
        " min(occurred_at) AS first, max(occurred_at) AS last FROM selected"
    )
    return Extent(**row | {"first": in_utc(row["first"]), "last": in_utc(row["last"])})


def in_utc(moment: datetime | None) -> datetime | None:
    """Return a time as the index gives it, with its zone."""
    return None if moment is None else moment.replace(tzinfo=UTC)
