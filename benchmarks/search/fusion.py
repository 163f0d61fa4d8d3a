"""Ways to make one ranking of two, and how well each does on queries it was not tuned on."""

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import mean

from benchmarks.search.judged import DEPTH, JudgedQuery, Quality, quality

#: The constants of src/python/store/search_statement.py.
WEIGHT, EXPONENT = 0.2, 2.0

_WEIGHTS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.6)
_EXPONENTS = (0.5, 1.0, 1.5, 2.0, 3.0)
_RRF_K = 60

Scores = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A query, and the scores of all passages that each of the two rankings knows for it."""

    query: JudgedQuery
    by_words: Scores
    by_meaning: Scores


Fusion = Callable[[Scored], Scores]


def weighted(weight: float, exponent: float) -> Fusion:
    """Return the product's fusion with other constants."""

    def fused(scored: Scored) -> Scores:
        return {
            name: likeness
            + weight * min(1, scored.by_words.get(name, 0) * math.pi**2 / 6) ** exponent
            for name, likeness in scored.by_meaning.items()
        }

    return fused


def reciprocal_rank(scored: Scored) -> Scores:
    """Fuse by ranks alone, with the usual k of 60 (Cormack, Clarke and Büttcher, SIGIR 2009)."""
    fused: dict[str, float] = {}
    for scores in (scored.by_words, scored.by_meaning):
        for rank, name in enumerate(sorted(scores, key=scores.__getitem__, reverse=True), start=1):
            fused[name] = fused.get(name, 0) + 1 / (_RRF_K + rank)
    return fused


def judge(fusion: Fusion, queries: Sequence[Scored]) -> Quality:
    """Say how good the fusion's first ten results are."""
    return quality([scored.query for scored in queries], [first(fusion, each) for each in queries])


def first(fusion: Fusion, scored: Scored) -> list[str]:
    """Return the fusion's first ten results, best first."""
    scores = fusion(scored)
    return sorted(scores, key=scores.__getitem__, reverse=True)[:DEPTH]


def tuned_elsewhere(queries: Sequence[Scored], *, splits: int) -> Quality:
    """Tune the constants on one half of the queries, judge on the other: the mean of many splits.

    Each half is once the one to tune on.
    """
    judged = list(_tuned_elsewhere(queries, splits))
    return Quality(
        recall=mean(each.recall for each in judged), ndcg=mean(each.ndcg for each in judged)
    )


def _tuned_elsewhere(queries: Sequence[Scored], splits: int) -> Iterator[Quality]:
    shuffling = random.Random(1)  # noqa: S311  the same each time
    candidates = [weighted(*constants) for constants in product(_WEIGHTS, _EXPONENTS)]
    results = [[first(candidate, each) for each in queries] for candidate in candidates]

    def of(candidate: int, part: Sequence[int]) -> Quality:
        return quality([queries[at].query for at in part], [results[candidate][at] for at in part])

    for _ in range(splits):
        order = shuffling.sample(range(len(queries)), len(queries))
        halves = order[: len(order) // 2], order[len(order) // 2 :]
        for tuning, judging in (halves, halves[::-1]):
            tuned = [sum_of(of(candidate, tuning)) for candidate in range(len(candidates))]
            yield of(tuned.index(max(tuned)), judging)


def sum_of(figures: Quality) -> float:
    """Return what the constants are tuned for."""
    return figures.recall + figures.ndcg
