"""Reads event lines and judges each by its contract."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

import observability as obs
from explorer.sources import MAX_LINE_BYTES, TOO_LONG, read_lines


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
    """A line that is no valid event: where it stands, and what is wrong with it.

    A `foreign` one is no event of ours at all, but another program's line.
    """

    file: str
    number: int
    reason: str
    foreign: bool = False


#: What each of our event names begins with.
OURS = "narralytica."
#: What a line of ours still shows when it is broken off, or otherwise no JSON.
OUR_SIGN = re.compile(rb'"event_name"\s*:\s*"narralytica\.|^\s*\{"schema_version"')
SIGN_BYTES = 400


def read_files(paths: Iterable[Path]) -> Iterator[EventLine | InvalidLine]:
    """Yield what stands on each line of the files. Raises OSError for an unreadable file."""
    for path in paths:
        for line in read_lines(path):
            yield parse_line(line.content, file=path.name, number=line.number, fault=line.fault)


def parse_line(line: bytes, *, file: str, number: int, fault: str = "") -> EventLine | InvalidLine:
    """Return the event on a line, or why it is none; `fault` is what reading it met with."""
    envelope, broken = judged(line, fault)
    if broken:
        foreign = not is_ours(line, envelope)
        return InvalidLine(file=file, number=number, reason=broken, foreign=foreign)
    return EventLine(
        event_id=envelope.get("event_id"),
        event_name=envelope["event_name"],
        occurred_at=datetime.fromisoformat(envelope["occurred_at"]),
        correlation=envelope["correlation"],
        service_name=envelope["actor"]["service_name"],
        payload=envelope["payload"],
    )


def judged(line: bytes, fault: str = "") -> tuple[Any, str]:
    """Return what a line holds, and what is wrong with it; "" when it is a valid event."""
    if fault or len(line) > MAX_LINE_BYTES:
        return None, fault or TOO_LONG
    try:
        envelope = orjson.loads(line)
    except ValueError:
        return None, "is not JSON"
    if not isinstance(envelope, dict):
        return None, "is not a JSON object"
    broken = obs.envelope_violations(envelope)
    return envelope, _told(broken) if broken else ""


def is_ours(line: bytes, envelope: Any) -> bool:
    """Tell whether a line that is no valid event was meant to be one, by what is left of it."""
    if isinstance(envelope, dict):
        name = envelope.get("event_name")
        return isinstance(name, str) and name.startswith(OURS)
    return OUR_SIGN.search(line[:SIGN_BYTES]) is not None


def without_repeats(lines: Iterable[EventLine]) -> list[EventLine]:
    """Return the events in the order of their time, each `event_id` once."""
    seen: dict[object, EventLine] = {}
    for line in lines:
        seen.setdefault(line.event_id or id(line), line)
    return sorted(seen.values(), key=lambda line: (line.occurred_at, line.event_id or ""))


def _told(broken: Iterable[obs.Violation]) -> str:
    return "; ".join(f"{violation.path or '/'} breaks {violation.rule}" for violation in broken)
