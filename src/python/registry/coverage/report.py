"""Says what was seen and what never was, for people and for programs."""

import json
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from registry.coverage.plan import ANY_SERVICE, Item, Kind
from registry.coverage.tally import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How much of what could be seen was seen, of the lines of one service or of all."""

    expected: Set[Item]
    seen: Set[Item]
    healthy: Set[str]

    def counts(self) -> Mapping[str, tuple[int, int]]:
        """Return (seen, expected) of each kind, and of the events that tell of no failure."""
        kinds = {kind.value: _only(self.expected, kind) for kind in Kind}
        healthy = {item for item in kinds[Kind.EVENT] if item.event_name in self.healthy}
        parts = {**kinds, "events of a healthy run": healthy}
        return {name: (len(part & self.seen), len(part)) for name, part in parts.items()}

    @property
    def percent(self) -> float:
        """The share of all that could be seen, from 0 to 100."""
        if not self.expected:
            return 100.0
        return 100 * len(self.seen & self.expected) / len(self.expected)

    def never(self) -> list[str]:
        """Name what was never seen; of an event that never was, the name alone."""
        missing = sorted(self.expected - self.seen, key=_order)
        absent = {item.event_name for item in missing if item.kind is Kind.EVENT}
        return [
            *sorted(absent),
            *_parts(item for item in missing if item.event_name not in absent),
        ]


def overall(tally: Tally) -> Figures:
    """Return the figures of all lines together."""
    seen = frozenset[Item]().union(*tally.seen.values())
    return Figures(expected=tally.plan.items, seen=seen, healthy=tally.plan.healthy)


def by_service(tally: Tally) -> Mapping[str, Figures]:
    """Return the figures of each service that emitted or is registered to, of what it may emit."""
    registered = {name for names in tally.plan.emitters.values() for name in names} - {ANY_SERVICE}
    return {
        name: Figures(
            expected=tally.plan.of_service(name),
            seen=tally.seen.get(name, set()),
            healthy=tally.plan.healthy,
        )
        for name in sorted({*registered, *tally.seen})
    }


def as_text(tally: Tally, services: Mapping[str, Figures]) -> str:
    """Return the report for people."""
    lines = list(_told(f"{tally.lines} lines", overall(tally)))
    for name, figures in services.items():
        lines += ["", *_told(name, figures)]
    if tally.strangers:
        lines += ["", "Not registered"]
    for name, stranger in tally.strangers.items():
        lines.append(f"  {stranger.first}: {name} ({stranger.lines} lines)")
    return "\n".join(lines) + "\n"


def as_json(tally: Tally, services: Mapping[str, Figures]) -> str:
    """Return the report for programs."""
    report = {
        "lines": tally.lines,
        **_plain(overall(tally)),
        "services": {name: _plain(figures) for name, figures in services.items()},
        "not_registered": [
            {"name": name, "first": stranger.first, "lines": stranger.lines}
            for name, stranger in tally.strangers.items()
        ],
    }
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def _plain(figures: Figures) -> dict[str, Any]:
    return {
        "percent": round(figures.percent, 1),
        "counts": {
            name: {"seen": seen, "of": total} for name, (seen, total) in figures.counts().items()
        },
        "never_seen": figures.never(),
    }


def _told(title: str, figures: Figures) -> Iterator[str]:
    counts = ", ".join(f"{name} {seen}/{of}" for name, (seen, of) in figures.counts().items())
    yield f"{title}: {figures.percent:.1f} % ({counts})"
    never = figures.never()
    if never:
        yield "  Never seen"
    yield from (f"    {name}" for name in never)


def _only(items: Set[Item], kind: Kind) -> set[Item]:
    return {item for item in items if item.kind is kind}


def _order(item: Item) -> tuple[str, str, str, str]:
    return item.event_name, item.kind, item.field, item.value


def _parts(items: Iterable[Item]) -> Iterator[str]:
    """Name optional fields one by one, and the values of a field together."""
    for (event, kind, field), group in groupby(
        items, key=lambda item: (item.event_name, item.kind, item.field)
    ):
        values = " = " + ", ".join(item.value for item in group) if kind is Kind.VALUE else ""
        yield f"{event}: {field}{values}"
