"""Cursors: text that leads back to a place in one list, and nowhere else."""

import json
from base64 import urlsafe_b64encode
from typing import NamedTuple
from uuid import UUID

import pytest
from fastapi.exceptions import RequestValidationError
from hypothesis import given
from hypothesis import strategies as st
from pydantic import FiniteFloat

from api.pages import Cursors, Ordinal
from api.search_parameters import SearchParameters
from store.search import Rank


class Place(NamedTuple):
    score: FiniteFloat
    document_id: UUID
    ordinal: Ordinal


CURSORS = Cursors(Place)
PLACES = st.builds(
    Place,
    st.floats(allow_nan=False, allow_infinity=False),
    st.uuids(),
    st.integers(0, 2**31 - 1),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(PLACES, st.text())
def test_a_cursor_leads_back(place: Place, asked: str) -> None:
    assert CURSORS.read(CURSORS.write(place, asked), asked) == place


@given(PLACES)
def test_a_cursor_is_short_and_goes_into_a_url_as_it_is(place: Place) -> None:
    text = CURSORS.write(place, 1000 * "long ")
    assert len(text) < 200
    assert text.replace("-", "").replace("_", "").isalnum()


def test_without_a_cursor_a_list_begins_at_its_beginning() -> None:
    assert CURSORS.read(None, "any") is None


@given(PLACES)
def test_a_cursor_of_another_list_is_refused(place: Place) -> None:
    with pytest.raises(RequestValidationError) as refused:
        CURSORS.read(CURSORS.write(place, "one"), "another")
    assert "another list" in refused.value.errors()[0]["msg"]


@given(
    st.text()
    | st.binary().map(lambda data: urlsafe_b64encode(data).decode())
    | JSON.map(lambda value: urlsafe_b64encode(json.dumps(value).encode()).decode())
)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(RequestValidationError) as refused:
        CURSORS.read(text, "any")
    [error] = refused.value.errors()
    assert error["loc"] == ("query", "cursor")
    assert "next_cursor" in error["msg"]


@pytest.mark.parametrize("ordinal", [-1, 2**31, 10**30])
def test_a_forged_place_that_no_list_has_is_refused(ordinal: int) -> None:
    forged = CURSORS.write(Place(0.5, UUID(int=7), ordinal), "any")
    with pytest.raises(RequestValidationError):
        CURSORS.read(forged, "any")


@given(PLACES)
def test_a_search_continues_where_it_was(place: Place) -> None:
    asked = {"q": "lamp", "language": "en"}
    rank = Rank(score=place.score, document_id=str(place.document_id), ordinal=place.ordinal)
    cursor = SearchParameters(**asked).cursor_behind(rank)
    assert SearchParameters(**asked, cursor=cursor, limit=50).after() == rank
    for other in ({"q": "tide"}, {"q": "lamp"}, {**asked, "mode": "vector"}):
        with pytest.raises(RequestValidationError):
            SearchParameters(**other, cursor=cursor).after()
