"""`GET /search`."""

import time
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

import observability as obs
from api import examples
from api.described import REQUEST_ID, answer
from api.pages import NextCursor
from api.search_parameters import SearchParameters
from api.services import ContextOf, Services, ServicesOf
from api.trace_link import trace_url
from observability import events
from store.passages import INDEX_NAME
from store.search import Rank, Search, SearchHit, search_passages
from store.search_statement import SearchMode

router = APIRouter(tags=["search"])


class Fragment(BaseModel):
    """A stretch of a passage."""

    text: str
    matched: bool = Field(description="whether it is a word that was looked for")


class Hit(BaseModel):
    """A passage that answers the query."""

    document_id: str
    title: str
    language: str | None
    text: str
    fragments: list[Fragment] = Field(description="the text again, its matching words set apart")
    start_ms: int | None = Field(description="milliseconds from the start; null for plain text")
    end_ms: int | None
    speaker: str | None
    score: float = Field(description="higher is better; comparable between answers of one mode")


class SearchAnswer(BaseModel):
    """The passages, best first."""

    mode: SearchMode
    results: list[Hit]
    next_cursor: NextCursor
    trace_url: str | None = Field(
        description="where the explorer tells the story of this search; null: there is none"
    )


@router.get(
    "/search",
    summary="Find passages",
    responses=answer(
        200,
        "Passages.",
        {
            "mode": "hybrid",
            "results": [examples.HIT],
            "next_cursor": None,
            "trace_url": f"{examples.EXPLORER_URL}/trace/{REQUEST_ID}",
        },
    ),
)
async def search(
    services: ServicesOf, ctx: ContextOf, parameters: Annotated[SearchParameters, Query()]
) -> SearchAnswer:
    """Search all documents by words (lexical), by meaning (vector), or both (hybrid).

    Of a ranking's best 100 passages, a page shows `limit`; `next_cursor` leads to the next page.
    """
    after = parameters.after()
    began_s = time.monotonic()
    try:
        hits, backend_latency_ms = await _hits(services, parameters, after)
    except Exception as error:
        failed = events.SearchFailed(
            mode=parameters.mode,
            latency_ms=_since_ms(began_s),
            error_type=obs.told_error(error).error_type,
        )
        obs.emit(failed, ctx)
        raise
    shown = hits[: parameters.limit]
    executed = events.SearchExecuted(
        mode=parameters.mode,
        results_count=len(shown),
        latency_ms=_since_ms(began_s),
        backend_latency_ms=backend_latency_ms,
        index=INDEX_NAME,
        filters=parameters.used() or None,
        query_hash=obs.query_hash(parameters.q),
        query_length=len(parameters.q),
    )
    obs.emit(executed, ctx)
    more = len(hits) > len(shown)
    return SearchAnswer(
        mode=parameters.mode,
        results=[_view(hit) for hit in shown],
        next_cursor=parameters.cursor_behind(shown[-1].rank) if more else None,
        trace_url=trace_url(ctx.request_id),
    )


async def _hits(
    services: Services, parameters: SearchParameters, after: Rank | None
) -> tuple[list[SearchHit], float]:
    embedding: list[float] | None = None
    if parameters.mode != "lexical":
        [embedding] = await run_in_threadpool(services.embedder.embed, [parameters.q])
    wanted = Search(
        query=parameters.q,
        mode=parameters.mode,
        embedding=embedding,
        filter=parameters.filter(),
        after=after,
        limit=parameters.limit + 1,  # one more tells whether there is a next page
    )
    began_s = time.monotonic()
    async with services.database.connection() as connection:
        hits = await search_passages(connection, wanted)
    return hits, _since_ms(began_s)


def _view(hit: SearchHit) -> Hit:
    return Hit(
        document_id=hit.document_id,
        title=hit.title,
        language=hit.language,
        text=hit.text,
        fragments=[Fragment(text=text, matched=matched) for text, matched in hit.fragments()],
        start_ms=hit.start_ms,
        end_ms=hit.end_ms,
        speaker=hit.speaker,
        score=hit.score,
    )


def _since_ms(began_s: float) -> float:
    return 1000 * (time.monotonic() - began_s)
