"""What a search asks for, as query parameters."""

from typing import Annotated, NamedTuple
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, FiniteFloat

from api import examples
from api.pages import Cursors, Ordinal, PageParameters, cursor_field
from api.text import StorableText
from store.labels import LONGEST_VALUE, label
from store.pipeline import LAYERS
from store.search import Rank, SearchFilter
from store.search_statement import SearchMode

_LABEL = rf"^({'|'.join(LAYERS)}):[^\x00\n]{{1,{LONGEST_VALUE}}}$"
_Milliseconds = Annotated[int, Field(ge=0, lt=2**53)]


class _Place(NamedTuple):
    """Where a passage stands, as a cursor keeps it."""

    score: FiniteFloat
    document_id: UUID
    ordinal: Ordinal


_CURSORS = Cursors(_Place)
_EXAMPLE_CURSOR = _CURSORS.write(
    _Place(0.0328, UUID(examples.DOCUMENT_ID), 0), '{"q":"lighthouse keeper"}'
)


class SearchFilters(BaseModel):
    """What narrows a search down."""

    document_id: UUID | None = Field(
        None, description="only in this document", examples=[examples.DOCUMENT_ID]
    )
    language: str | None = Field(
        None,
        pattern=r"^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$",
        description="only documents in this language (BCP 47); en finds en-GB too",
        examples=["en"],
    )
    created_from: AwareDatetime | None = Field(
        None,
        description="only documents accepted then or later (RFC 3339)",
        examples=["2026-11-01T00:00:00Z"],
    )
    created_before: AwareDatetime | None = Field(
        None,
        description="only documents accepted before (RFC 3339)",
        examples=["2026-12-01T00:00:00+01:00"],
    )
    speaker: StorableText | None = Field(
        None, max_length=200, description="only what this speaker says", examples=["Grace"]
    )
    from_ms: _Milliseconds | None = Field(
        None,
        description="only what is heard at or after this time; milliseconds from the start",
        examples=[60000],
    )
    before_ms: _Milliseconds | None = Field(
        None,
        description="only what is heard before this time; milliseconds from the start",
        examples=[90000],
    )
    layer: list[Annotated[str, Field(pattern=_LABEL)]] | None = Field(
        None,
        min_length=1,
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


class SearchParameters(SearchFilters, PageParameters):
    """What to look for, where, and which part of the answer."""

    q: StorableText = Field(
        min_length=1,
        max_length=1000,
        description='what to look for; "a phrase" has to be there, and -this must not be',
        examples=["lighthouse keeper", '"solar panels" -price'],
    )
    mode: SearchMode = Field(
        "hybrid", description="how to rank: by words, by meaning, or both", examples=["lexical"]
    )
    limit: int = Field(10, ge=1, le=100, description="how many at most", examples=[10])
    cursor: str | None = cursor_field(_EXAMPLE_CURSOR)

    def after(self) -> Rank | None:
        """Return where the page begins. Raises RequestValidationError."""
        place = _CURSORS.read(self.cursor, self._asked())
        if place is None:
            return None
        score, document_id, ordinal = place
        return Rank(score=score, document_id=str(document_id), ordinal=ordinal)

    def cursor_behind(self, rank: Rank) -> str:
        """Return where the page after `rank` begins."""
        place = _Place(rank.score, UUID(rank.document_id), rank.ordinal)
        return _CURSORS.write(place, self._asked())

    def _asked(self) -> str:
        """Return all but what changes from page to page, in one form."""
        return self.model_dump_json(exclude={"limit", "cursor"}, exclude_defaults=True)
