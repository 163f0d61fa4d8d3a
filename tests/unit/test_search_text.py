"""What a client types: queries, labels and cursors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.labels import labels_of
from store.query_text import QueryText

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("text", "words", "conditions"),
    [
        ("solar panels", "solar panels", ""),
        ('cheap "solar panels"', "cheap solar panels", '"solar panels"'),
        ("panels -price", "panels", '-"price"'),
        ('panels -"list price"', "panels", '-"list price"'),
        ("well-known 24-7", "well-known 24-7", ""),
        ('"never closed', "never closed", '"never closed"'),
        ("-", "-", ""),
        ("", "", ""),
    ],
)
def test_a_query_is_taken_apart(text: str, words: str, conditions: str) -> None:
    assert QueryText.read(text) == QueryText(words=words, conditions=conditions)


@given(st.text())
def test_each_word_of_any_query_is_looked_for_or_excluded(text: str) -> None:
    query = QueryText.read(text)
    assert query.conditions.count('"') % 2 == 0
    kept = f"{query.words} {query.conditions}".replace('"', " ").split()
    assert all(word.strip("-") in " ".join(kept) for word in text.replace('"', " ").split())


@pytest.mark.parametrize(
    ("layer_name", "value", "labels"),
    [
        ("sentiment", {"score": -0.4, "label": "negative"}, {"sentiment:negative"}),
        ("keywords", ["Solar panel", "price"], {"keywords:solar panel", "keywords:price"}),
        (
            "entities",
            [{"text": "Grace", "kind": "name"}],
            {"entities:grace", "entities:name"},
        ),
        ("topics", 3, {"topics:3"}),
        ("topics", None, set()),
        ("keywords", ["", 201 * "a"], set()),
    ],
)
def test_layers_are_labels(layer_name: str, value: object, labels: set[str]) -> None:
    assert labels_of(layer_name, value) == labels


@given(JSON)
def test_any_value_of_a_layer_has_short_labels(value: object) -> None:
    assert all(len(label) <= 800 for label in labels_of("layer", value))
