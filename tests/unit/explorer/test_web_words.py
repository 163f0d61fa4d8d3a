"""How the page writes filters, times and whatever a line can contain."""

from datetime import UTC, datetime, timedelta
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from explorer.filter import parse, predicate
from explorer.harmless import UNSAFE
from explorer.web.query import written
from explorer.web.rendering import shown
from explorer.web.wording import clock, moment, tick, when

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_a_filter_that_the_page_writes_wants_just_that_value(text: str) -> None:
    passes = predicate(parse(written(error_message=text)), NOW)
    event = {"event_name": "narralytica.job.failed", "correlation": {}, "actor": {}}
    assert passes(event | {"payload": {"error_message": text}})
    assert not passes(event | {"payload": {"error_message": f"{text}x"}})
    assert not passes(event | {"payload": {"error_message": f"x{text}"}})


@given(st.text(max_size=600))
def test_whatever_a_template_shows_is_harmless_and_short(text: str) -> None:
    told = str(shown(text))
    assert not {category(character) for character in told} & UNSAFE
    assert len(told) < 4000
    if text.isascii() and text.isprintable() and len(text) <= 400:
        assert told == text


def test_markup_of_our_own_stays() -> None:
    assert shown(Markup("<b>\n")) == Markup("<b>\n")
    assert shown(3) == 3


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0"),
        (2e-5, "20 µs"),
        (0.0005, "500 µs"),
        (0.5, "500 ms"),
        (1, "1 s"),
        (12.5, "12.5 s"),
        (60, "1 min"),
        (5400, "1.5 h"),
        (172_800, "2 d"),
    ],
)
def test_times_of_an_axis(seconds: float, told: str) -> None:
    assert tick(seconds) == told


def test_moments_are_in_utc_whatever_their_zone() -> None:
    naive = datetime(2026, 11, 24, 11, 58, 57, 250_000)  # noqa: DTZ001  as the index has it
    assert clock(naive) == "11:58:57.250"
    assert moment(NOW.astimezone()) == "2026-11-24T12:00:00.000Z"
    assert when(NOW - timedelta(minutes=3), NOW) == "3 min ago"
    assert when(NOW - timedelta(days=2), NOW) == "2026-11-22 12:00:00"
    assert when(NOW + timedelta(seconds=5), NOW) == "0 s ago"
