"""Counts what lines show of the contracts, and what in them is not registered."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from registry.coverage.plan import Item, Kind, Plan
from registry.strict_json import strict_json

# A stream of nonsense must not fill the memory; the first ones tell what is wrong.
MOST_STRANGERS = 200
LONGEST_NAME = 80


class UnreadableLine(ValueError):
    """A line that is no JSON object; the message names file, line and rule."""


@dataclass(slots=True)
class Stranger:
    """A name that the contracts do not know: where it was first, and on how many lines."""

    first: str
    lines: int = 0


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was seen so far, by service."""

    plan: Plan
    lines: int = 0
    seen: dict[str, set[Item]] = field(default_factory=lambda: defaultdict(set))
    strangers: dict[str, Stranger] = field(default_factory=dict)

    def read(self, file: str, lines: Iterable[bytes]) -> None:
        """Count the lines of a file. Raises UnreadableLine for one that is no JSON object."""
        for number, line in enumerate(lines, start=1):
            if line.strip():
                self._count(_parsed(line, f"{file}:{number}"), f"{file}:{number}")

    def _count(self, envelope: Mapping[str, Any], place: str) -> None:
        self.lines += 1
        event_name = envelope.get("event_name")
        if not isinstance(event_name, str) or event_name not in self.plan.fields:
            self._meet(f"event_name {_short(event_name)}", place)
            return
        service = _service(envelope)
        if not self.plan.may_emit(service, event_name):
            self._meet(f"{event_name}: emitter {_short(service)}", place)
        for name in _unknown_names(envelope, self.plan, event_name):
            self._meet(f"{event_name}: field {_short(name)}", place)
        shown = Item(kind=Kind.EVENT, event_name=event_name)
        self.seen[service] |= {shown, *_shown(envelope.get("payload"), event_name)} & (
            self.plan.items
        )

    def _meet(self, name: str, place: str) -> None:
        if name in self.strangers or len(self.strangers) < MOST_STRANGERS:
            self.strangers.setdefault(name, Stranger(first=place)).lines += 1


def _parsed(line: bytes, place: str) -> dict[str, Any]:
    try:
        envelope = strict_json(line.decode())
    except (ValueError, RecursionError) as error:
        # The error's own text would quote the line, which may be private.
        raise UnreadableLine(f"{place}: is not JSON (RFC 8259)") from error
    if not isinstance(envelope, dict):
        raise UnreadableLine(f"{place}: is not a JSON object (type)")
    return envelope


def _service(envelope: Mapping[str, Any]) -> str:
    actor = envelope.get("actor")
    name = actor.get("service_name") if isinstance(actor, dict) else None
    return name if isinstance(name, str) else "unknown"


def _shown(payload: Any, event_name: str) -> Iterator[Item]:
    for name, value in _named(payload, ""):
        yield Item(kind=Kind.FIELD, event_name=event_name, field=name)
        if isinstance(value, str | bool):
            text = value if isinstance(value, str) else json.dumps(value)
            yield Item(kind=Kind.VALUE, event_name=event_name, field=name, value=text)


def _unknown_names(envelope: Mapping[str, Any], plan: Plan, event_name: str) -> Iterator[str]:
    payload = envelope.get("payload")
    around = {key: value for key, value in envelope.items() if key != "payload"}
    for name in dict.fromkeys(name for name, _ in _named(around, "")):
        if name not in plan.shared:
            yield name
    for name in dict.fromkeys(name for name, _ in _named(payload, "")):
        if name not in plan.fields[event_name]:
            yield f"payload.{name}"


def _named(value: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield each field with its name as the catalogue has it: `actor.env`, `violations[].rule`."""
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        yield prefix + key, inner
        yield from _named(inner, f"{prefix}{key}.")
        for item in inner if isinstance(inner, list) else ():
            yield from _named(item, f"{prefix}{key}[].")


def _short(name: object) -> str:
    return json.dumps(name)[:LONGEST_NAME]
