"""Searching: what is found, how it is narrowed down, and page after page."""

import asyncio
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedding import default_embedder
from store.database import Database
from store.documents import create_document
from store.model import Passage, Segment
from store.passages import replace_passages
from store.search import Search, SearchHit, search_passages
from store.search_statement import SearchMode
from tests.integration.running_stack import RunningStack

MODES: tuple[SearchMode, ...] = ("lexical", "vector", "hybrid")
TALK = """WEBVTT

00:00:01.000 --> 00:00:04.000
<v Grace>I hate this terrible storm, it broke the lamp of the lighthouse.

00:00:04.000 --> 00:00:08.000
<v Henry>What a wonderful harbour! The fishermen love the lamp.

00:01:00.000 --> 00:01:04.000
<v Grace>The well-known lens <b>& its</b> prisms were polished on Monday.
"""
NOTES = "\n\n".join(
    f"Note {number}: the lamp was lit and the tide was noted." for number in range(30)
)


@pytest.fixture(scope="module")
def documents(stack: RunningStack, database_url: str) -> dict[str, str]:
    """A conversation and some notes, gone through all workers; the notes are called German."""
    ids = {}
    for name, text in {"talk": TALK, "notes": NOTES}.items():
        accepted = stack.ingest_text(text).json()
        assert stack.finished(accepted["job_id"])["status"] == "completed"
        ids[name] = accepted["document_id"]
    with psycopg.connect(database_url) as connection:
        for name, language in {"talk": "en-GB", "notes": "de"}.items():
            connection.execute(
                "UPDATE documents SET language = %s WHERE document_id = %s", [language, ids[name]]
            )
    for document_id in ids.values():
        body = {"document_id": document_id, "job_type": "index"}
        job_id = stack.request("POST", "/jobs", json=body).json()["job_id"]
        assert stack.finished(job_id)["status"] == "completed"
    return ids


def found(stack: RunningStack, **parameters: Any) -> list[dict[str, Any]]:
    answer = stack.request("GET", "/search", params=parameters)
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def texts(results: list[dict[str, Any]]) -> list[str]:
    return [result["text"] for result in results]


@pytest.mark.usefixtures("documents")
@pytest.mark.parametrize("mode", MODES)
def test_the_best_answer_comes_first(stack: RunningStack, mode: str) -> None:
    [best, *_] = found(stack, q="polishing lens prisms", mode=mode)
    assert "prisms were polished" in best["text"]
    assert (best["start_ms"], best["end_ms"], best["speaker"]) == (60_000, 64_000, "Grace")
    assert best["language"] == "en-GB"


@pytest.mark.usefixtures("documents")
@pytest.mark.parametrize("mode", MODES)
def test_matching_words_are_set_apart(stack: RunningStack, mode: str) -> None:
    [best, *_] = found(stack, q="polish prism", mode=mode)
    assert [part["text"] for part in best["fragments"] if part["matched"]] == ["prisms", "polished"]
    assert "".join(part["text"] for part in best["fragments"]) == best["text"]


@pytest.mark.usefixtures("documents")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("query", "has", "has_not"),
    [
        ('lamp "terrible storm"', "terrible storm", None),
        ("lamp -storm -tide", "wonderful harbour", "storm"),
        ('lamp -"was lit"', "lamp", "was lit"),
    ],
)
def test_phrases_and_exclusions_hold_in_every_mode(
    stack: RunningStack, mode: str, query: str, has: str, has_not: str | None
) -> None:
    results = texts(found(stack, q=query, mode=mode, limit=100))
    assert has in results[0]
    assert not [text for text in results if has_not is not None and has_not in text]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("narrowed", "speakers"),
    [
        ({"speaker": "Grace"}, {"Grace"}),
        ({"language": "EN"}, {"Grace", "Henry"}),
        ({"language": "de"}, {None}),
        ({"language": "e"}, set()),
        ({"from_ms": 4000}, {"Grace", "Henry"}),
        ({"from_ms": 4000, "before_ms": 5000}, {"Henry"}),
        ({"layer": "sentiment:negative", "language": "en"}, {"Grace"}),
        ({"layer": ["sentiment:Positive", "keywords:harbour"]}, {"Henry"}),
        ({"layer": "entities:grace darling"}, set()),
        ({"created_before": "2020-01-01T00:00:00Z"}, set()),
        ({"created_from": "2020-01-01T00:00:00+02:00"}, {"Grace", "Henry", None}),
    ],
)
def test_filters_narrow_every_mode(
    stack: RunningStack,
    documents: dict[str, str],
    mode: str,
    narrowed: dict[str, Any],
    speakers: set[str | None],
) -> None:
    results = found(stack, q="lamp prisms", mode=mode, limit=100, **narrowed)
    assert {result["speaker"] for result in results} == speakers
    assert {result["language"] for result in results} <= {"en-GB", "de"}


def test_a_document_is_searched_alone(stack: RunningStack, documents: dict[str, str]) -> None:
    results = found(stack, q="lamp", document_id=documents["talk"], limit=100)
    assert {result["document_id"] for result in results} == {documents["talk"]}
    assert len(results) == 3


@pytest.mark.usefixtures("documents")
def test_the_event_names_the_filters_and_tells_no_values(stack: RunningStack) -> None:
    answer = stack.request(
        "GET", "/search", params={"q": "lamp", "speaker": "Grace", "layer": "topics:1"}
    )
    request_id = answer.headers["X-Request-Id"]
    [executed] = [
        event
        for event in stack.events()
        if event.correlation["request_id"] == request_id and "search" in event.event_name
    ]
    assert executed.payload["filters"] == ["speaker", "layer"]
    assert "Grace" not in str(executed)


@pytest.mark.usefixtures("documents")
@pytest.mark.parametrize("mode", MODES)
def test_pages_give_each_passage_once_in_the_order_of_one_long_answer(
    stack: RunningStack, mode: str
) -> None:
    asked = {"q": "the lamp was lit", "mode": mode, "language": "de"}
    whole = found(stack, limit=100, **asked)
    assert len(whole) == 30
    paged: list[dict[str, Any]] = []
    cursor: str | None = None
    while not paged or cursor is not None:
        page = stack.request(
            "GET", "/search", params={**asked, "limit": 7, **({"cursor": cursor} if cursor else {})}
        ).json()
        paged += page["results"]
        cursor = page["next_cursor"]
    assert paged == whole


def test_a_page_continues_although_the_index_grew(
    stack: RunningStack, documents: dict[str, str]
) -> None:
    asked = {"q": "tide", "mode": "lexical", "limit": 20}
    first = stack.request("GET", "/search", params=asked).json()
    accepted = stack.ingest_text("Tide upon tide: the tide came with the tide.").json()
    assert stack.finished(accepted["job_id"])["status"] == "completed"
    second = stack.request("GET", "/search", params={**asked, "cursor": first["next_cursor"]})
    shown = texts(first["results"] + second.json()["results"])
    assert len(shown) == len(set(shown)) == 30


@pytest.mark.usefixtures("documents")
@pytest.mark.parametrize(
    ("wrong", "place", "advice"),
    [
        ({"langauge": "en"}, "query.langauge", "not permitted"),
        ({"language": "en_GB"}, "query.language", "pattern"),
        ({"from_ms": "-1"}, "query.from_ms", "greater"),
        ({"from_ms": 2**70}, "query.from_ms", "less"),
        ({"created_from": "2026-11-24T10:00:00"}, "query.created_from", "timezone"),
        ({"layer": "mood:bad"}, "query.layer.0", "sentiment"),
        ({"layer": "sentiment:"}, "query.layer.0", "sentiment"),
        ({"document_id": "7"}, "query.document_id", "UUID"),
        ({"cursor": "bm9uZQ=="}, "query.cursor", "next_cursor"),
    ],
)
def test_a_wrong_filter_is_named_with_what_it_should_be(
    stack: RunningStack, wrong: dict[str, Any], place: str, advice: str
) -> None:
    answer = stack.request("GET", "/search", params={"q": "lamp", **wrong})
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["location"] == place
    assert advice in error["reason"]


@pytest.mark.usefixtures("documents")
def test_a_cursor_belongs_to_its_search(stack: RunningStack) -> None:
    asked = {"q": "lamp", "limit": 1}
    cursor = stack.request("GET", "/search", params=asked).json()["next_cursor"]
    other = stack.request("GET", "/search", params={**asked, "q": "tide", "cursor": cursor})
    assert other.status_code == 422
    assert "another list" in other.json()["detail"]


@pytest.mark.parametrize(
    "injected",
    [
        "'; DROP TABLE passages; --",
        "lamp' OR '1'='1",
        "lamp:*A & !(storm | tide) <-> 'x",
        "%(limit)s %s {} {any_word}",
        "\\' \\x00 $1 ::tsquery",
    ],
)
@pytest.mark.parametrize("place", ["q", "speaker", "layer"])
@pytest.mark.parametrize("mode", MODES)
def test_what_looks_like_code_is_only_text(
    stack: RunningStack, documents: dict[str, str], mode: str, place: str, injected: str
) -> None:
    value = f"entities:{injected}" if place == "layer" else injected
    found(stack, **{"q": "lamp", "mode": mode, place: value})
    assert len(found(stack, q="lamp", document_id=documents["talk"])) == 3


def test_any_text_can_be_indexed_looked_for_and_shown_with_its_matches(lone_url: str) -> None:
    embedder = default_embedder()
    words = st.sampled_from(["lamp", "<b>lamp</b>", "it's", '"', "-", "&amp;", "a.b@c.de", "/x/y"])
    anything = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1)
    texts_ = st.lists(words | anything, min_size=1, max_size=8).map(" ".join)

    async def shown(text: str, query: str, mode: SearchMode) -> list[SearchHit]:
        async with Database(lone_url) as database, database.connection() as connection:
            await create_document(connection, document_id, title="any")
            passage = Passage(
                segment=Segment(text=text), embedding=tuple(embedder.embed([text])[0])
            )
            await replace_passages(connection, document_id, [passage])
            wanted = Search(query=query, mode=mode, embedding=embedder.embed([query])[0])
            hits = await search_passages(connection, wanted)
            await connection.rollback()
        return hits

    document_id = str(uuid4())

    @settings(max_examples=150, deadline=None)
    @given(texts_, texts_, st.sampled_from(MODES))
    def check(text: str, query: str, mode: SearchMode) -> None:
        for hit in asyncio.run(shown(text, query, mode)):
            assert "".join(part for part, _ in hit.fragments()) == text

    check()
