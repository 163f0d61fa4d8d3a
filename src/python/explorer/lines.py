"""Reads event lines and judges each by its contract."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

import observability as obs


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    """A valid event (`event_envelope.schema.json`)."""

    event_id: str | None
    event_name: str
    occurred_at: datetime
    correlation: dict[str, str | None]
    service_name: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidLine:
    """A line that is no valid event: where it stands, and what is wrong with it."""

    file: str
    number: int
    reason: str


#: What each of our event names begins with.
OURS = "narralytica."
#: What a line of ours still shows when it is broken off, or otherwise no JSON.
OUR_SIGN = re.compile(rb'"event_name"\s*:\s*"narralytica\.|^\s*\{"schema_version"')


def fault_of(line: bytes) -> str | None:
    """Return what is wrong with a line: "" for an event, None when it is another program's."""
    try:
        envelope = orjson.loads(line)
    except ValueError:
        return "is not JSON" if OUR_SIGN.search(line) else None
    name = envelope.get("event_name") if isinstance(envelope, dict) else None
    if not isinstance(name, str) or not name.startswith(OURS):
        return None
    broken = obs.envelope_violations(envelope)
    return _told(broken) if broken else ""


def read_files(paths: Iterable[Path]) -> Iterator[EventLine | InvalidLine]:
    """Yield what stands on each line of the files. Raises OSError for an unreadable file."""
    for path in paths:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                yield parse_line(line, file=path.name, number=number)


def parse_line(line: bytes, *, file: str, number: int) -> EventLine | InvalidLine:
    """Return the event on a line, or why it is none."""
    try:
        envelope = orjson.loads(line)
    except ValueError:
        return InvalidLine(file=file, number=number, reason="is not JSON")
    if not isinstance(envelope, dict):
        return InvalidLine(file=file, number=number, reason="is not a JSON object")
    if broken := obs.envelope_violations(envelope):
        return InvalidLine(file=file, number=number, reason=_told(broken))
    return EventLine(
        event_id=envelope.get("event_id"),
        event_name=envelope["event_name"],
        occurred_at=datetime.fromisoformat(envelope["occurred_at"]),
        correlation=envelope["correlation"],
        service_name=envelope["actor"]["service_name"],
        payload=envelope["payload"],
    )


def without_repeats(lines: Iterable[EventLine]) -> list[EventLine]:
    """Return the events in the order of their time, each `event_id` once."""
    seen: dict[object, EventLine] = {}
    for line in lines:
        seen.setdefault(line.event_id or id(line), line)
    return sorted(seen.values(), key=lambda line: (line.occurred_at, line.event_id or ""))


def _told(broken: Iterable[obs.Violation]) -> str:
    return "; ".join(f"{violation.path or '/'} breaks {violation.rule}" for violation in broken)
