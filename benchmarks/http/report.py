"""A table for people, JSON for programs."""

import json
from dataclasses import asdict
from statistics import median

from benchmarks.http.applications import APPLICATIONS
from benchmarks.http.measure import Measurements, Plan
from benchmarks.provenance import provenance
from benchmarks.table import table

REFERENCE = "asgi-correlation-id"
TARGET = 0.95

PACKAGES = ("asgi-correlation-id", "fastapi", "httptools", "starlette", "uvicorn", "uvloop")


def as_text(measurements: Measurements) -> str:
    """Return the table, in Markdown, and what became of the target.

    Ratios are medians too: of those of each round, whose measurements lie close together in time.
    """
    rows = (
        (
            APPLICATIONS[name].label,
            f"{median(each.load.requests_per_s for each in rounds):.0f}",
            f"{max(each.load.requests_per_s for each in rounds):.0f}",
            f"{median(each.cpu_us for each in rounds):.1f}",
            f"{median(each.load.median_ms for each in rounds):.2f}",
            f"{median(each.load.p99_ms for each in rounds):.2f}",
            f"{_ratio(measurements, name):.3f}" if REFERENCE in measurements else "",
        )
        for name, rounds in measurements.items()
    )
    heading = ("what", "requests/s", "best", "CPU µs", "p50 ms", "p99 ms", f"x {REFERENCE}")
    return f"{table('medians of the rounds', heading, rows)}\n\n{_verdict(measurements)}".rstrip()


def as_json(plan: Plan, measurements: Measurements) -> str:
    """Return every number that was measured, and on what."""
    return json.dumps(
        {
            **provenance(PACKAGES),
            "plan": asdict(plan),
            "rounds": {name: list(map(asdict, rounds)) for name, rounds in measurements.items()},
        },
        indent=1,
    )


def _ratio(measurements: Measurements, name: str) -> float:
    pairs = zip(measurements[name], measurements[REFERENCE], strict=True)
    return median(
        measured.load.requests_per_s / reference.load.requests_per_s
        for measured, reference in pairs
    )


def _verdict(measurements: Measurements) -> str:
    if not {"ours-event", REFERENCE} <= measurements.keys():
        return ""
    ratio = _ratio(measurements, "ours-event")
    met = "met" if ratio >= TARGET else "missed"
    return f"target: with an event at least {TARGET} x {REFERENCE}: {ratio:.3f}, {met}"
