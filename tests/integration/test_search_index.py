"""The search index without the API: filters, ranks and tables, whichever way they are read."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yoyo import get_backend, read_migrations

from embedding import default_embedder
from stack.embedded_postgres import embedded_postgres
from store import search_statement
from store.database import Database, migrate
from store.documents import create_document
from store.model import Passage, Segment
from store.passages import replace_passages
from store.query_text import any_of, two_of
from store.search import Rank, Search, SearchFilter, SearchHit, search_passages
from store.search_statement import SearchMode

MODES: tuple[SearchMode, ...] = ("lexical", "vector", "hybrid")
TIMES = {
    "untimed": (None, None),
    "first": (1000, 2000),
    "instant": (2000, 2000),
    "second": (2000, 3000),
    "endless": (2500, None),
}


@pytest.fixture
def only(lone_url: str) -> Iterator[str]:
    """A database with no document of any other test."""
    yield lone_url
    with psycopg.connect(lone_url) as connection:
        connection.execute("DELETE FROM documents")


def index(url: str, segments: Sequence[Segment]) -> str:
    async def filled() -> str:
        document_id, embedder = str(uuid4()), default_embedder()
        vectors = embedder.embed([segment.text for segment in segments])
        async with Database(url) as database, database.connection() as connection:
            await create_document(connection, document_id, title="any")
            passages = [
                Passage(segment=segment, embedding=tuple(vector))
                for segment, vector in zip(segments, vectors, strict=True)
            ]
            await replace_passages(connection, document_id, passages)
        return document_id

    return asyncio.run(filled())


def answers(
    url: str,
    query: str,
    mode: SearchMode,
    *,
    narrowed: SearchFilter = SearchFilter(),  # noqa: B008  frozen
    after: Rank | None = None,
    limit: int = 100,
) -> list[SearchHit]:
    async def found() -> list[SearchHit]:
        [vector] = default_embedder().embed([query])
        async with Database(url) as database, database.connection() as connection:
            wanted = Search(
                query=query,
                mode=mode,
                embedding=vector,
                filter=narrowed,
                after=after,
                limit=limit,
            )
            return await search_passages(connection, wanted)

    return asyncio.run(found())


@pytest.mark.parametrize("few", [search_statement.FEW, 0], ids=["compared", "by vector index"])
@pytest.mark.parametrize("mode", MODES)
def test_a_passage_is_heard_between_two_times_if_it_reaches_into_them(
    only: str, monkeypatch: pytest.MonkeyPatch, mode: SearchMode, few: int
) -> None:
    monkeypatch.setattr(search_statement, "FEW", few)
    index(
        only,
        [
            Segment(text=f"lamp {name}", start_ms=start_ms, end_ms=end_ms)
            for name, (start_ms, end_ms) in TIMES.items()
        ],
    )

    def heard(from_ms: int | None, before_ms: int | None) -> set[str]:
        between = SearchFilter(from_ms=from_ms, before_ms=before_ms)
        return {hit.text.split()[1] for hit in answers(only, "lamp", mode, narrowed=between)}

    assert heard(None, None) == set(TIMES)
    assert heard(0, None) == {"first", "instant", "second"}
    assert heard(1999, None) == {"first", "instant", "second"}
    assert heard(2000, None) == {"second"}
    assert heard(3000, None) == set()
    assert heard(None, 1000) == set()
    assert heard(None, 1001) == {"first"}
    assert heard(None, 2000) == {"first"}
    assert heard(None, 2001) == {"first", "instant", "second"}
    assert heard(None, 9000) == {"first", "instant", "second", "endless"}
    assert heard(2000, 2000) == set()
    assert heard(1500, 1500) == {"first"}
    assert heard(1999, 2001) == {"first", "instant", "second"}


@pytest.mark.parametrize("both", [99, 130], ids=["too few with both words", "enough with both"])
def test_words_rank_as_if_every_passage_with_one_of_them_were_ranked(only: str, both: int) -> None:
    texts = ["lamp " * times + "burns" for times in (1, 2, 5, 200)]
    texts += [f"a tide, number {number}" for number in range(120)]
    texts += ["the lamp and the tide" + " tide" * (number % 3) for number in range(both)]
    document_id = index(only, [Segment(text=text) for text in texts])
    with psycopg.connect(only) as connection:
        ranked = connection.execute(
            """
            SELECT ts_rank(ARRAY[1, 1, 1, 1]::real[], lexemes, 'lamp | tide')::float8, ordinal
            FROM passages ORDER BY 1 DESC, 2
            """
        ).fetchall()

    found = answers(only, "lamps and tides", "lexical")
    pages = answers(only, "lamps and tides", "lexical", limit=60)
    pages += answers(only, "lamps and tides", "lexical", after=pages[-1].rank)

    assert [(hit.score, hit.ordinal) for hit in found] == ranked[:100]
    assert {hit.document_id for hit in found} == {document_id}
    assert [hit.rank for hit in pages] == [hit.rank for hit in found]


def test_one_and_two_of_some_words_are_asked_for_whatever_the_words_hold(lone_url: str) -> None:
    anything = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1)
    lexemes = st.lists(st.sampled_from(["'", "\\", "a", "b & c", "d:*"]) | anything, unique=True)

    with psycopg.connect(lone_url, autocommit=True) as connection:

        @settings(max_examples=300, deadline=None)
        @given(lexemes, lexemes, st.data())
        def check(wanted: list[str], others: list[str], data: st.DataObject) -> None:
            had = data.draw(st.sets(st.sampled_from([*wanted, *others, "other"])))
            met = connection.execute(
                "SELECT array_to_tsvector(%(had)s::text[]) @@ %(any)s::tsquery,"
                " array_to_tsvector(%(had)s::text[]) @@ %(two)s::tsquery",
                {"had": sorted(had), "any": any_of(wanted), "two": two_of(wanted)},
            ).fetchone()
            common = len(had & set(wanted))
            assert met == (common >= 1, common >= 2)

        check()


def test_a_database_of_the_release_before_keeps_what_can_be_found() -> None:
    folder = Path(tempfile.mkdtemp(prefix="narralytica-test-"))
    folder.chmod(0o711)
    with embedded_postgres(folder) as url:
        backend = get_backend(url.replace("postgresql://", "postgresql+psycopg://", 1))
        migrations = read_migrations(str(files("contracts") / "database"))
        before = backend.to_apply(migrations)
        before.pop()
        backend.apply_migrations(before)
        backend.connection.close()
        index(url, [Segment(text="the lamp", start_ms=1000, end_ms=2000)])

        migrate(url)

        between = SearchFilter(from_ms=1500, before_ms=1600)
        for mode in MODES:
            assert len(answers(url, "lamp", mode, narrowed=between)) == 1
        with psycopg.connect(url) as connection:
            applied = connection.execute("SELECT count(*) FROM _yoyo_migration").fetchone()
        assert applied == (len(migrations),)
    shutil.rmtree(folder)
