"""Passages and queries judged by hand, and how well a ranking agrees with the judgement."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

DEPTH = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedQuery:
    """A query, and how relevant the passages are that are relevant at all: 1, or 2 for an answer.

    `kind` says what makes it hard: see `about` in the file.
    """

    query: str
    kind: str
    relevant: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSet:
    """Passages by name, and queries over them."""

    passages: Mapping[str, str]
    queries: Sequence[JudgedQuery]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Of the first ten results, the mean over all queries: recall, and nDCG with gains 2^r - 1."""

    recall: float
    ndcg: float


def judged_set() -> JudgedSet:
    """Read the set that lies beside this module."""
    content = json.loads(files("benchmarks.search").joinpath("judged.json").read_bytes())
    return JudgedSet(
        passages=content["passages"],
        queries=[JudgedQuery(**query) for query in content["queries"]],
    )


def quality(queries: Sequence[JudgedQuery], results: Sequence[Sequence[str]]) -> Quality:
    """Compare the results of each query, best first, with its judgement."""
    pairs = list(zip(queries, results, strict=True))
    return Quality(
        recall=sum(_recall(query, found[:DEPTH]) for query, found in pairs) / len(pairs),
        ndcg=sum(_ndcg(query, found[:DEPTH]) for query, found in pairs) / len(pairs),
    )


def _recall(query: JudgedQuery, found: Sequence[str]) -> float:
    return sum(name in query.relevant for name in found) / len(query.relevant)


def _ndcg(query: JudgedQuery, found: Sequence[str]) -> float:
    best = sorted(query.relevant.values(), reverse=True)[:DEPTH]
    return _gain([query.relevant.get(name, 0) for name in found]) / _gain(best)


def _gain(relevances: Sequence[int]) -> float:
    gains = [float(2**relevance - 1) for relevance in relevances]
    return sum(gain / math.log2(at + 2) for at, gain in enumerate(gains))
