"""`GET /search`."""

import time
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

import observability as obs
from api.search_cursor import ForeignCursor, read_cursor, write_cursor
from api.services import ContextOf, Services, ServicesOf
from api.text import StorableText
from observability import events
from store.labels import LONGEST_VALUE, label
from store.passages import INDEX_NAME
from store.pipeline import LAYERS
from store.search import Rank, Search, SearchFilter, SearchHit, search_passages
from store.search_statement import SearchMode

router = APIRouter(tags=["search"])

_LABEL = rf"^({'|'.join(LAYERS)}):.{{1,{LONGEST_VALUE}}}$"
_Milliseconds = Annotated[int, Field(ge=0, lt=2**53)]


class SearchFilters(BaseModel):
    """What narrows a search down."""

    document_id: UUID | None = Field(None, description="only in this document")
    language: str | None = Field(
        None,
        pattern=r"^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$",
        description="only documents in this language (BCP 47); en finds en-GB too",
        examples=["en"],
    )
    created_from: AwareDatetime | None = Field(
        None, description="only documents accepted then or later (RFC 3339)"
    )
    created_before: AwareDatetime | None = Field(
        None, description="only documents accepted before (RFC 3339)"
    )
    speaker: StorableText | None = Field(
        None, max_length=200, description="only what this speaker says", examples=["Grace"]
    )
    from_ms: _Milliseconds | None = Field(
        None, description="only what is heard at or after this time; milliseconds from the start"
    )
    before_ms: _Milliseconds | None = Field(
        None, description="only what is heard before this time; milliseconds from the start"
    )
    layer: list[Annotated[StorableText, Field(pattern=_LABEL)]] | None = Field(
        None,
        max_length=16,
        description="only passages of which a layer says this, as layer:value; several: all of it",
        examples=[["sentiment:negative", "entities:Grace Darling"]],
    )

    def used(self) -> list[str]:
        """Return the names of those that are used."""
        return [name for name in SearchFilters.model_fields if getattr(self, name) is not None]

    def filter(self) -> SearchFilter:
        """Return them as the index takes them."""
        labels = [label(*asked.split(":", 1)) for asked in self.layer or ()]
        return SearchFilter(
            document_id=None if self.document_id is None else str(self.document_id),
            language=self.language,
            created_from=self.created_from,
            created_before=self.created_before,
            speaker=self.speaker,
            from_ms=self.from_ms,
            before_ms=self.before_ms,
            labels=labels or None,
        )


class SearchParameters(SearchFilters):
    """What to look for, where, and which part of the answer."""

    model_config = ConfigDict(extra="forbid")

    q: StorableText = Field(
        min_length=1,
        max_length=1000,
        description='what to look for; "a phrase" has to be there, and -this must not be',
        examples=["lighthouse keeper", '"solar panels" -price'],
    )
    mode: SearchMode = Field("hybrid", description="how to rank")
    limit: int = Field(10, ge=1, le=100, description="how many at most")
    cursor: str | None = Field(
        None, max_length=400, description="the next_cursor of the page before this one"
    )

    def asked(self) -> str:
        """Return all but what changes from page to page, in one form."""
        return self.model_dump_json(exclude={"limit", "cursor"})

    def after(self) -> Rank | None:
        """Return where the page begins. Raises RequestValidationError."""
        if self.cursor is None:
            return None
        try:
            return read_cursor(self.cursor, self.asked())
        except ForeignCursor as error:
            problem = {"type": "cursor", "loc": ("query", "cursor"), "msg": str(error)}
            raise RequestValidationError([problem]) from None


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
    next_cursor: str | None = Field(description="give it as cursor to see the next; null: none")


@router.get("/search", summary="Find passages")
async def search(
    services: ServicesOf, ctx: ContextOf, parameters: Annotated[SearchParameters, Query()]
) -> SearchAnswer:
    """Search all documents by words (lexical), by meaning (vector), or both (hybrid).

    Of a ranking's best 200 passages, a page shows `limit`; `next_cursor` leads to the next page.
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
        next_cursor=write_cursor(shown[-1].rank, parameters.asked()) if more else None,
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
    async with services.pool.connection() as connection:
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
