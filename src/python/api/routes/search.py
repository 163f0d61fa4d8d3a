"""`GET /search`."""

import time
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

import observability as obs
from api.services import ContextOf, Services, ServicesOf
from api.text import StorableText
from observability import events
from store.model import SearchHit, SearchMode
from store.passages import INDEX_NAME, search_passages

router = APIRouter(tags=["search"])


class Hit(BaseModel):
    """A passage that answers the query."""

    document_id: str
    title: str
    text: str
    start_ms: int | None = Field(description="milliseconds from the start; null for plain text")
    end_ms: int | None
    speaker: str | None
    score: float = Field(description="higher is better; comparable within one answer only")


class SearchAnswer(BaseModel):
    """The passages, best first."""

    mode: SearchMode
    results: list[Hit]


@router.get("/search", summary="Find passages")
async def search(
    services: ServicesOf,
    ctx: ContextOf,
    q: Annotated[
        StorableText, Query(min_length=1, max_length=1000, description="what to look for")
    ],
    mode: Annotated[SearchMode, Query(description="how to rank")] = "hybrid",
    limit: Annotated[int, Query(ge=1, le=100, description="how many at most")] = 10,
) -> SearchAnswer:
    """Search all documents by words (lexical), by meaning (vector), or both (hybrid)."""
    began_s = time.monotonic()
    try:
        hits, backend_latency_ms = await _hits(services, q, mode, limit)
    except Exception as error:
        failed = events.SearchFailed(
            mode=mode, latency_ms=_since_ms(began_s), error_type=obs.told_error(error).error_type
        )
        obs.emit(failed, ctx)
        raise
    executed = events.SearchExecuted(
        mode=mode,
        results_count=len(hits),
        latency_ms=_since_ms(began_s),
        backend_latency_ms=backend_latency_ms,
        index=INDEX_NAME,
        query_hash=obs.query_hash(q),
        query_length=len(q),
    )
    obs.emit(executed, ctx)
    return SearchAnswer(mode=mode, results=[_view(hit) for hit in hits])


async def _hits(
    services: Services, query: str, mode: SearchMode, limit: int
) -> tuple[list[SearchHit], float]:
    [embedding] = await run_in_threadpool(services.embedder.embed, [query])
    began_s = time.monotonic()
    async with services.pool.connection() as connection:
        hits = await search_passages(
            connection, query=query, embedding=embedding, mode=mode, limit=limit
        )
    return hits, _since_ms(began_s)


def _view(hit: SearchHit) -> Hit:
    return Hit(
        document_id=hit.document_id,
        title=hit.title,
        text=hit.text,
        start_ms=hit.start_ms,
        end_ms=hit.end_ms,
        speaker=hit.speaker,
        score=hit.score,
    )


def _since_ms(began_s: float) -> float:
    return 1000 * (time.monotonic() - began_s)
