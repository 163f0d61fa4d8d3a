"""Tables for people, JSON for programs."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from statistics import median

from benchmarks.emit.catalogue import CATALOGUE
from benchmarks.emit.imports import ImportCost
from benchmarks.emit.measure import DESTINATIONS, THREADS, Plan, Run
from benchmarks.emit.memory import Allocations
from benchmarks.provenance import provenance
from benchmarks.table import table

REFERENCES = ("structlog", "stdlib", "by-hand", "floor")

PACKAGES = (
    "eliot",
    "jsonschema-rs",
    "loguru",
    "opentelemetry-sdk",
    "orjson",
    "python-json-logger",
    "structlog",
    "uuid-utils",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """At most `limit` times what `reference` takes, with one thread."""

    destination: str
    reference: str
    limit: float


TARGETS = (
    Target(destination="null", reference="structlog", limit=0.6),
    Target(destination="null", reference="stdlib", limit=0.2),
    Target(destination="file", reference="floor", limit=1.5),
)
IMPORT_TARGET_MS = 80

Column = tuple[str, int]
COLUMNS: tuple[Column, ...] = tuple((where, count) for count in THREADS for where in DESTINATIONS)


def as_text(runs: tuple[Run, ...], memory: Mapping[str, Allocations], facade: ImportCost) -> str:
    """Return the tables, one after the other, in Markdown."""
    times = _times(runs)
    sections = (
        table(
            "µs an event, median (minimum); bytes and number of allocations an event",
            ("what", *map(_heading, COLUMNS), "writes", "bytes", "allocations"),
            _time_rows(times, memory),
        ),
        *(
            table(
                f"times {CATALOGUE[reference].label}, by medians (by minima)",
                ("what", *map(_heading, COLUMNS)),
                _ratio_rows(times, reference),
            )
            for reference in REFERENCES
            if reference in times
        ),
        table(
            "set-up: import and configuration; the first event",
            ("what", "set-up, ms", "first event, µs"),
            _set_up_rows(times),
        ),
        table("targets", ("what", "target", "measured", ""), _target_rows(times, facade)),
        table(
            f"import {facade.module}: {facade.traced_ms:.1f} ms by -X importtime, "
            f"{facade.untraced_ms:.1f} without it; {facade.modules} modules, the heaviest packages",
            ("package", "traced ms, without what it imports"),
            ((package, f"{own_ms:.2f}") for package, own_ms in facade.heaviest.items()),
        ),
    )
    return "\n\n".join(sections)


def as_json(
    plan: Plan, runs: tuple[Run, ...], memory: Mapping[str, Allocations], facade: ImportCost
) -> str:
    """Return every number that was measured, and on what."""
    return json.dumps(
        {
            **provenance(PACKAGES),
            "plan": asdict(plan),
            "runs": [
                {
                    **asdict(run),
                    "median_us": median(run.wall_us()),
                    "minimum_us": min(run.wall_us()),
                }
                for run in runs
            ],
            "allocations": {subject: asdict(each) for subject, each in memory.items()},
            "import": asdict(facade),
        },
        indent=1,
    )


Times = Mapping[str, Mapping[Column, Run]]


def _times(runs: tuple[Run, ...]) -> Times:
    times: dict[str, dict[Column, Run]] = {}
    for run in runs:
        at = run.combination
        times.setdefault(at.subject, {})[at.destination, at.threads] = run
    return times


def _heading(column: Column) -> str:
    destination, threads = column
    where = "/dev/null" if destination == "null" else destination
    return where if threads == 1 else f"{where}, {threads} threads"


def _time_rows(times: Times, memory: Mapping[str, Allocations]) -> Iterator[tuple[str, ...]]:
    for subject, columns in times.items():
        cells = (
            f"{median(run.wall_us()):.2f} ({min(run.wall_us()):.2f})" if run else ""
            for run in map(columns.get, COLUMNS)
        )
        allocated = memory[subject]
        yield (
            CATALOGUE[subject].label,
            *cells,
            _writes(columns.values()),
            f"{allocated.bytes_an_event:.0f}",
            f"{allocated.count_an_event:.1f}",
        )


def _set_up_rows(times: Times) -> Iterator[tuple[str, ...]]:
    for subject, columns in times.items():
        outcomes = [outcome for run in columns.values() for outcome in run.outcomes]
        yield (
            CATALOGUE[subject].label,
            f"{median(outcome.setup_ms for outcome in outcomes):.1f}",
            f"{median(outcome.first_event_us for outcome in outcomes):.0f}",
        )


def _writes(runs: Iterable[Run]) -> str:
    """Return write calls an event."""
    outcomes = [outcome for run in runs for outcome in run.outcomes]
    if any(outcome.writes is None for outcome in outcomes):
        return "?"
    timed = sum(outcome.timed for outcome in outcomes)
    return f"{sum(outcome.writes or 0 for outcome in outcomes) / timed:.2f}"


def _ratio_rows(times: Times, reference: str) -> Iterator[tuple[str, ...]]:
    for subject in times:
        if CATALOGUE[subject].lines != "none" and subject != reference:
            cells = (_ratios(times[subject][at], times[reference][at]) for at in COLUMNS)
            yield (CATALOGUE[subject].label, *cells)


def _ratios(run: Run, reference: Run) -> str:
    return f"{_ratio(run, reference):.2f} ({min(run.wall_us()) / min(reference.wall_us()):.2f})"


def _ratio(run: Run, reference: Run) -> float:
    return median(run.wall_us()) / median(reference.wall_us())


def _target_rows(times: Times, facade: ImportCost) -> Iterator[tuple[str, ...]]:
    for target in TARGETS:
        if target.reference not in times:
            continue
        for subject in times:
            if CATALOGUE[subject].validates:
                at = (target.destination, 1)
                run, reference = times[subject][at], times[target.reference][at]
                yield (
                    f"{CATALOGUE[subject].label}, to {_heading(at)}",
                    f"≤ {target.limit} × {target.reference}",
                    f"{_ratios(run, reference)} ×",
                    _verdict(_ratio(run, reference), target.limit),
                )
    yield (
        f"import {facade.module}, by -X importtime",
        f"≤ {IMPORT_TARGET_MS} ms",
        f"{facade.traced_ms:.1f} ms",
        _verdict(facade.traced_ms, IMPORT_TARGET_MS),
    )


def _verdict(measured: float, limit: float) -> str:
    return "met" if measured <= limit else "missed"
