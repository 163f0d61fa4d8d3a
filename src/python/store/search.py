"""The search index, read: by words (lexical), by meaning (vector), and by both (hybrid)."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import class_row

from store.labels import language_label
from store.passages import vector_text
from store.query_text import QueryText, any_of, two_of
from store.search_statement import LEXEMES, SEARCH_SETTINGS, SearchMode, search_statement


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFilter:
    """What a passage, and the document that it is from, must be like; None asks for nothing.

    `language` is a range of RFC 4647: `en` finds `en-GB` too. `from_ms` and `before_ms` are
    milliseconds from the start of the media; a passage that reaches into them is found. `labels`
    are those of `store.labels`; a passage must have all of them.
    """

    document_id: str | None = None
    language: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None
    speaker: str | None = None
    from_ms: int | None = None
    before_ms: int | None = None
    labels: Sequence[str] | None = None

    def compared(self) -> dict[str, object]:
        """Return what the columns of passages are compared with: a language is a label, too."""
        compared = asdict(self)
        language = compared.pop("language")
        if language is not None:
            compared["labels"] = [*(self.labels or ()), language_label(language)]
        return compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """Where a passage stands among the answers to a query: the higher the score, the better."""

    score: float
    document_id: str
    ordinal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What to look for, and which of the answers: the best `limit` of those behind `after`.

    `embedding` is the query's; ranking by words alone needs none.
    """

    query: str
    mode: SearchMode
    embedding: Sequence[float] | None
    filter: SearchFilter = SearchFilter()
    after: Rank | None = None
    limit: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    """A passage that answers a query; in `marked` its matching words stand between two `mark`."""

    document_id: str
    ordinal: int
    title: str
    language: str | None
    text: str
    marked: str
    mark: str
    start_ms: int | None
    end_ms: int | None
    speaker: str | None
    score: float

    @property
    def rank(self) -> Rank:
        """Where it stands."""
        return Rank(score=self.score, document_id=self.document_id, ordinal=self.ordinal)

    def fragments(self) -> Iterator[tuple[str, bool]]:
        """Yield the text in stretches, each with whether it is a word that was looked for.

        What is marked is found again in the text, since PostgreSQL leaves markup out.
        """
        end = 0
        for word in self.marked.split(self.mark)[1::2]:
            start = self.text.index(word, end)
            if start > end:
                yield self.text[end:start], False
            end = start + len(word)
            yield word, True
        if end < len(self.text):
            yield self.text[end:], False


async def search_passages(connection: AsyncConnection, search: Search) -> list[SearchHit]:
    """Return the passages that answer the query, best first."""
    query = QueryText.read(search.query)
    narrowed = {"conditions": query.conditions or None, **search.filter.compared()}
    after = asdict(search.after) if search.after else {}
    lexemes = await _lexemes(connection, query.words)
    parameters = {
        **narrowed,
        **{f"after_{name}": value for name, value in after.items()},
        "any_word": any_of(lexemes),
        "two_words": two_of(lexemes),
        "embedding": search.embedding and vector_text(search.embedding),
        "mark": secrets.token_hex(8),  # nobody can have put it into a text
        "limit": search.limit,
    }
    statement = search_statement(
        search.mode,
        narrowed_by=[name for name, value in narrowed.items() if value is not None],
        continued=search.after is not None,
    )
    await connection.execute(SEARCH_SETTINGS)
    async with connection.cursor(row_factory=class_row(SearchHit)) as cursor:
        # Not prepared: one plan for every value of a filter is a bad one for most.
        await cursor.execute(statement, parameters, prepare=False)
        return await cursor.fetchall()


async def _lexemes(connection: AsyncConnection, words: str) -> list[str]:
    [lexemes] = await (await connection.execute(LEXEMES, [words])).fetchone() or [[]]
    return list(lexemes)
