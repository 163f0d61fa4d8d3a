"""The layers that every document gets."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.model import Segment
from store.pipeline import LAYERS
from workers.enrich.layers import Layer, every_layer

TEXTS = (
    "What a wonderful evening, I loved the lighthouse.",
    "The storm was terrible and we lost the lamp.",
    "The keeper didn't say anything about the logbook.",
    "It is what it is.",
    "12:30 ... ?!",
)


@pytest.fixture(scope="module")
def layers() -> dict[str, Layer]:
    return {layer.layer_name: layer for layer in every_layer(None)}


def values(layer: Layer, *texts: str) -> list[object]:
    result = layer.apply([Segment(text=text) for text in texts])
    # What the store is given is what it gives back.
    stored: list[object] = json.loads(json.dumps(list(result.values), allow_nan=False))
    assert stored == list(result.values)
    return stored


def terms(value: object) -> set[object]:
    assert isinstance(value, list)
    return set(value)


@pytest.mark.parametrize("name", LAYERS)
def test_each_layer_has_a_value_a_segment_and_names_its_model(
    layers: dict[str, Layer], name: str
) -> None:
    layer = layers[name]
    assert len(values(layer, *TEXTS)) == len(TEXTS)
    assert values(layer) == []
    assert layer.layer_version
    assert layer.model_provider
    assert layer.model_id


def test_the_layers_are_those_that_a_job_may_ask_for(layers: dict[str, Layer]) -> None:
    assert set(layers) == set(LAYERS)
    assert [name for name, layer in layers.items() if layer.required] == ["embedding"]


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


def found(layers: dict[str, Layer], *texts: str) -> list[tuple[str, str]]:
    [*_, last] = values(layers["entities"], *texts)
    assert isinstance(last, list)
    return [(entity["kind"], entity["text"]) for entity in last]


def test_entities_are_names_times_and_quantities(layers: dict[str, Layer]) -> None:
    text = "On 12 March 1998 Angela Merkel met the President of France. It cost $3.5 million."
    assert found(layers, text) == [
        ("time", "12 March 1998"),
        ("name", "Angela Merkel"),
        ("name", "President of France"),
        ("quantity", "$3.5 million"),
    ]


def test_a_capital_at_the_start_of_a_sentence_makes_no_name(layers: dict[str, Layer]) -> None:
    assert found(layers, "Children read them aloud. Don't ask Tim Cook's brother.") == [
        ("name", "Tim Cook")
    ]
    assert found(layers, "We met in London.", "London was cold.") == [("name", "London")]


@given(
    text=st.text(
        st.sampled_from(string.ascii_letters[::7] + " .,:0123456789$%\"'\u2019"), max_size=80
    )
)
def test_entities_occur_in_their_text(layers: dict[str, Layer], text: str) -> None:
    assert all(words in text for _, words in found(layers, text))


@pytest.mark.parametrize("piece", ["A. ", "1,", "Aa of ", "1984 ", "10:"])
def test_entities_of_a_long_segment_do_not_take_for_ever(
    layers: dict[str, Layer], piece: str
) -> None:
    assert len(values(layers["entities"], piece * 50_000)) == 1


def test_topics_tell_what_belongs_together(layers: dict[str, Layer]) -> None:
    sea = ["The ship left the harbour in a storm.", "A storm took the ship beyond the harbour."]
    kitchen = ["Bake the bread in a hot oven.", "The oven bakes bread with butter."]
    result = layers["topics"].apply([Segment(text=text) for text in (*sea, *kitchen) * 3])
    first, second, third, fourth = result.values[:4]
    assert first == second != third == fourth
    assert isinstance(result.document_value, list)
    assert {"ship", "storm"} <= set(result.document_value[int(str(first))]["terms"])


def test_the_summary_is_made_of_what_was_said(layers: dict[str, Layer]) -> None:
    texts = [*TEXTS, "The keeper of the lighthouse lost the lamp in the terrible storm."] * 2
    result = layers["summary"].apply([Segment(text=text) for text in texts])
    assert isinstance(result.document_value, dict)
    assert texts[5] in result.document_value["text"]
    # Nothing is said twice, and nothing empty.
    assert sorted(place for place in result.values if isinstance(place, int)) == [1, 2, 3]
    assert result.document_value["text"].count(texts[5]) == 1
