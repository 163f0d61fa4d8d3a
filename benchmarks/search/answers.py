"""Asks the judged queries of the product, and judges its answers."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from benchmarks.search.fusion import (
    EXPONENT,
    WEIGHT,
    Scored,
    first,
    judge,
    reciprocal_rank,
    tuned_elsewhere,
    weighted,
)
from benchmarks.search.judged import DEPTH, JudgedQuery, JudgedSet, Quality, judged_set, quality
from benchmarks.search.site import NewDocument, SearchSite, fill, search_site
from embedding import default_embedder
from store.database import Database
from store.model import Passage, Segment
from store.search_statement import SearchMode

MODES: Sequence[SearchMode] = get_args(SearchMode)
SPLITS = 25


class OtherFusion(Exception):
    """The product no longer ranks as `fusion.py` says that it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedAnswers:
    """How good each mode is, on all queries and on those of a kind, and other ways to fuse."""

    queries: Mapping[str, int]
    modes: Mapping[SearchMode, Mapping[str, Quality]]
    fusions: Mapping[str, Quality]

    @property
    def hybrid_is_best(self) -> bool:
        """Whether hybrid is at least as good as the better of the others, on both figures."""
        hybrid = self.modes["hybrid"]["all"]
        others = [self.modes[mode]["all"] for mode in MODES if mode != "hybrid"]
        return hybrid.recall >= max(other.recall for other in others) and hybrid.ndcg >= max(
            other.ndcg for other in others
        )


def judged_answers(progress: Callable[[str], None]) -> JudgedAnswers:
    """Index the judged passages, ask every query in every mode, and judge what comes."""
    judged = judged_set()
    with search_site() as site:
        progress(f"indexing {len(judged.passages)} judged passages")
        asyncio.run(_index(site, judged))
        progress(f"asking {len(judged.queries)} judged queries")
        found = {mode: [_names(site, query, mode) for query in judged.queries] for mode in MODES}
        scored = [_scored(site, query) for query in judged.queries]
    ours = weighted(WEIGHT, EXPONENT)
    for each, names in zip(scored, found["hybrid"], strict=True):
        if first(ours, each) != names:
            raise OtherFusion(f"hybrid ranks {each.query.query!r} otherwise than fusion.py")
    progress("comparing ways to fuse")
    return JudgedAnswers(
        queries={kind: len(part) for kind, part in _by_kind(judged.queries).items()},
        modes={mode: _by_kind_quality(judged.queries, found[mode]) for mode in MODES},
        fusions={
            "the product's": judge(ours, scored),
            "its constants tuned on the other half": tuned_elsewhere(scored, splits=SPLITS),
            "reciprocal rank, k = 60": judge(reciprocal_rank, scored),
        },
    )


async def _index(site: SearchSite, judged: JudgedSet) -> None:
    vectors = default_embedder().embed(list(judged.passages.values()))
    documents = [
        NewDocument(
            title=name,
            language="en",
            passages=[Passage(segment=Segment(text=text), embedding=tuple(vector))],
        )
        for (name, text), vector in zip(judged.passages.items(), vectors, strict=True)
    ]
    async with Database(site.database_url) as database, database.connection() as connection:
        await fill(connection, documents)


def _names(site: SearchSite, query: JudgedQuery, mode: SearchMode) -> list[str]:
    return [hit["title"] for hit in site.ask(query.query, mode, limit=DEPTH).results]


def _scored(site: SearchSite, query: JudgedQuery) -> Scored:
    return Scored(
        query=query,
        by_words=_scores(site, query.query, "lexical"),
        by_meaning=_scores(site, query.query, "vector"),
    )


def _scores(site: SearchSite, query: str, mode: SearchMode) -> dict[str, float]:
    """Return the score of every passage that the mode finds, page after page."""
    answer = site.ask(query, mode, limit=100)
    hits = list(answer.results)
    while answer.next_cursor is not None:
        answer = site.ask(query, mode, limit=100, cursor=answer.next_cursor)
        hits += answer.results
    return {hit["title"]: hit["score"] for hit in hits}


def _by_kind(queries: Sequence[JudgedQuery]) -> dict[str, list[int]]:
    """Return where the queries of each kind stand; first all of them."""
    places: dict[str, list[int]] = {"all": list(range(len(queries)))}
    for at, query in enumerate(queries):
        places.setdefault(query.kind, []).append(at)
    return places


def _by_kind_quality(
    queries: Sequence[JudgedQuery], found: Sequence[Sequence[str]]
) -> dict[str, Quality]:
    return {
        kind: quality([queries[at] for at in places], [found[at] for at in places])
        for kind, places in _by_kind(queries).items()
    }
