"""Sentence vectors, with the real model."""

import math

import pytest

from embedding import EMBEDDING_DIMENSIONS, SentenceEmbedder, default_embedder


@pytest.fixture(scope="module")
def embedder() -> SentenceEmbedder:
    return default_embedder()


def dot(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_sentences_that_mean_the_same_are_near(embedder: SentenceEmbedder) -> None:
    boat, ship, tax = embedder.embed(
        ["The boat sailed into the harbour.", "A ship entered the port.", "Income tax is due."]
    )
    assert dot(boat, ship) > dot(boat, tax) + 0.1


def test_every_text_has_a_vector_of_length_one(embedder: SentenceEmbedder) -> None:
    texts = ["", " ", "\N{ROCKET}", "日本語", "word " * 5_000]
    for vector in embedder.embed(texts):
        assert len(vector) == EMBEDDING_DIMENSIONS
        assert math.isclose(math.hypot(*vector), 1, abs_tol=1e-4)


def test_a_vector_depends_on_its_text_alone(embedder: SentenceEmbedder) -> None:
    [alone] = embedder.embed(["The lamp is lit."])
    among, _ = embedder.embed(["The lamp is lit.", "A far longer sentence stands beside it."])
    assert alone == pytest.approx(among, abs=1e-6)
    assert embedder.embed([]) == []
