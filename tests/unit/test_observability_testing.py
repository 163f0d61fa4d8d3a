"""What those who write services test their events with says clearly what is amiss."""

import pytest

import observability as obs
from observability.events import SearchExecuted, SearchFailed
from observability.testing import CapturedEvents, capture, captured_events

__all__ = ["captured_events"]


def search(results_count: int) -> None:
    ctx = obs.current_context().with_request_id(obs.new_uuid())
    obs.emit(SearchExecuted(mode="hybrid", results_count=results_count, latency_ms=8.1), ctx)


def test_the_clock_stands_still_until_it_is_advanced(captured_events: CapturedEvents) -> None:
    search(1)
    captured_events.advance(1.5)
    search(2)
    first, second = (envelope["occurred_at"] for envelope in captured_events.envelopes())
    assert (first, second) == ("2026-11-23T12:00:00.000000Z", "2026-11-23T12:00:01.500000Z")


def test_ids_count(captured_events: CapturedEvents) -> None:
    for count in (1, 2):
        search(count)
    ids = [envelope["event_id"] for envelope in captured_events.envelopes(SearchExecuted)]
    assert [event_id[-4:] for event_id in ids] == ["0001", "0002"]


def test_the_only_event_that_fits_is_returned(captured_events: CapturedEvents) -> None:
    search(1)
    search(2)
    assert captured_events.assert_one(SearchExecuted, results_count=2)["event_id"][-4:] == "0002"
    assert captured_events.names() == [SearchExecuted.event_name] * 2
    captured_events.assert_none(SearchFailed)


def test_another_number_of_events_is_shown(captured_events: CapturedEvents) -> None:
    with pytest.raises(AssertionError, match=r"0 of narralytica\.search\.failed"):
        captured_events.assert_one(SearchFailed)
    search(1)
    search(2)
    with pytest.raises(AssertionError, match=r"2 of narralytica.*'results_count': 1,"):
        captured_events.assert_one(SearchExecuted, mode="hybrid")
    with pytest.raises(AssertionError, match=r"emitted: .*'results_count': 2"):
        captured_events.assert_none(SearchExecuted)


def test_the_facade_that_was_there_is_there_again() -> None:
    before = obs.current_context().actor
    with capture(service_name="another"):
        assert obs.current_context().actor.service_name == "another"
    assert obs.current_context().actor is before
