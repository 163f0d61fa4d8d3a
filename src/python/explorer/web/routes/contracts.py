"""`/contracts`: events that broke their contract, lines that are no valid events, and losses."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from explorer.index import Index
from explorer.web.rendering import page

MOST_GROUPS = 100
MOST_LINES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Violations of one contract by one service: which rules were broken, and how often."""

    event_name: str
    outcome: str
    service_name: str
    rules: tuple[str, ...]
    number: int
    first: datetime
    last: datetime
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaks:
    """What the page shows."""

    violations: Sequence[Violation]
    dropped: Sequence[dict[str, Any]]
    invalid: Sequence[dict[str, Any]]
    invalid_total: int


async def show(request: Request) -> Response:
    """Show what broke a contract."""
    lines = await request.app.state.archive.refresh()
    breaks = await request.app.state.archive.ask(_breaks)
    return page("contracts", here="contracts", breaks=breaks, now=datetime.now(UTC), lines=lines)


def _breaks(index: Index) -> Breaks:
    [total] = index.rows("SELECT count(*) AS n FROM invalid_lines")
    return Breaks(
        violations=[_violation(row) for row in index.rows(_VIOLATIONS)],
        dropped=index.rows(_DROPPED),
        invalid=index.rows(_INVALID),
        invalid_total=total["n"],
    )


def _violation(row: dict[str, Any]) -> Violation:
    broken = json.loads(row["payload"])["violations"]
    return Violation(
        event_name=row["violating_event_name"],
        outcome=row["outcome"],
        service_name=row["service_name"],
        rules=tuple(f"{each['path'] or '/'} breaks {each['rule']}" for each in broken),
        number=row["n"],
        first=row["first"],
        last=row["last"],
        example=row["example"],
    )


_INVALID = f"SELECT * FROM invalid_lines ORDER BY file, line LIMIT {MOST_LINES}"  # noqa: S608
_VIOLATIONS = f"""
SELECT violating_event_name, outcome, service_name, any_value(payload) AS payload, count(*) AS n,
    min(occurred_at) AS first, max(occurred_at) AS last, arg_max(event_id, occurred_at) AS example
FROM events WHERE event_name = 'narralytica.contract.violated'
GROUP BY violating_event_name, outcome, service_name, json_extract_string(payload, '$.violations')
ORDER BY n DESC, last DESC LIMIT {MOST_GROUPS}
"""  # noqa: S608
_DROPPED = f"""
SELECT sink, reason, service_name, count(*) AS n, sum(dropped_count) AS dropped_count,
    max(occurred_at) AS last
FROM events WHERE event_name = 'narralytica.events.dropped'
GROUP BY ALL ORDER BY dropped_count DESC LIMIT {MOST_GROUPS}
"""  # noqa: S608
