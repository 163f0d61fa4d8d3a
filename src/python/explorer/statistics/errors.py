"""What fails: by type and place, when, whom it touches, and an id to start from."""

from dataclasses import dataclass
from datetime import datetime

from explorer.statistics.selection import Selection, in_utc


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorGroup:
    """The same error in the same place.

    `retried` says how often another attempt was to follow. `example_id` is of the last time: the
    job's, else the request's, else the event's, and leads `trace` there. `message` is its message.
    """

    error_type: str
    event_name: str
    worker: str | None
    layer_name: str | None
    service_name: str
    count: int
    first: datetime
    last: datetime
    jobs: int
    retried: int
    message: str | None
    example_id: str


def errors(selection: Selection) -> tuple[ErrorGroup, ...]:
    """Return the errors, the most frequent first."""
    rows = selection.ask(
        """
        SELECT error_type, event_name, worker, layer_name, service_name, count(*) AS count,
            min(occurred_at) AS first, max(occurred_at) AS last, count(DISTINCT job_id) AS jobs,
            count(*) FILTER (will_retry) AS retried,
            arg_max(error_message, (occurred_at, event_id)) AS message,
            arg_max(coalesce(job_id, request_id, event_id, ''), (occurred_at, event_id))
                AS example_id
        FROM selected WHERE error_type IS NOT NULL
        GROUP BY ALL
        ORDER BY count DESC, last DESC, error_type, event_name, worker, layer_name, service_name
        """
    )
    return tuple(
        ErrorGroup(**row | {"first": in_utc(row["first"]), "last": in_utc(row["last"])})
        for row in rows
    )
