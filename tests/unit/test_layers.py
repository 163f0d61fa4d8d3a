"""The layers that every document gets."""

import json

import pytest

from store.model import Segment
from workers.enrich.layers import Layer, default_layers

TEXTS = (
    "What a wonderful evening, I loved the lighthouse.",
    "The storm was terrible and we lost the lamp.",
    "The keeper didn't say anything about the logbook.",
    "It is what it is.",
    "12:30 ... ?!",
)


@pytest.fixture(scope="module")
def layers() -> dict[str, Layer]:
    return {layer.layer_name: layer for layer in default_layers()}


def values(layer: Layer, *texts: str) -> list[object]:
    result = layer.apply([Segment(text=text) for text in texts])
    # What the store is given is what it gives back.
    stored: list[object] = json.loads(json.dumps(list(result.values), allow_nan=False))
    assert stored == list(result.values)
    return stored


def terms(value: object) -> set[object]:
    assert isinstance(value, list)
    return set(value)


@pytest.mark.parametrize("name", ["sentiment", "keywords", "embedding"])
def test_each_layer_has_a_value_a_segment_and_names_its_model(
    layers: dict[str, Layer], name: str
) -> None:
    layer = layers[name]
    assert len(values(layer, *TEXTS)) == len(TEXTS)
    assert values(layer) == []
    assert layer.layer_version
    assert layer.model_provider
    assert layer.model_id


def test_sentiment_tells_good_from_bad(layers: dict[str, Layer]) -> None:
    found = values(layers["sentiment"], *TEXTS)
    assert [value["label"] for value in found if isinstance(value, dict)] == [
        "positive", "negative", "neutral", "neutral", "neutral",
    ]  # fmt: skip


def test_keywords_are_words_that_mean_something(layers: dict[str, Layer]) -> None:
    evening, storm, keeper, *without = values(layers["keywords"], *TEXTS)
    assert "lighthouse" in terms(evening)
    assert {"storm", "lamp"} <= terms(storm)
    assert "keeper" in terms(keeper)
    assert not {"didn", "didn't", "did", "say", "the"} & terms(keeper)
    assert without == [[], []]


def test_keywords_of_many_segments_do_not_take_for_ever(layers: dict[str, Layer]) -> None:
    texts = [f"word{chr(97 + i % 26)}{'xyz'[i % 3] * (i % 97)} lamp" for i in range(4_000)]
    assert len(values(layers["keywords"], *texts)) == len(texts)
