"""Typed events are immutable values that hold what the schemas declare."""

import pytest

from observability.events import JobCreated, JobStarted, SearchExecuted

SEARCH = SearchExecuted(mode="hybrid", results_count=3, latency_ms=8.1, filters=["language"])


def test_fields_can_be_read_and_absent_ones_are_none() -> None:
    assert (SEARCH.mode, SEARCH.results_count, SEARCH.query_hash) == ("hybrid", 3, None)
    assert SEARCH.event_name == "narralytica.search.executed"


def test_a_field_that_the_schema_does_not_declare_is_none_of_its() -> None:
    with pytest.raises(AttributeError, match="SearchExecuted has no field query"):
        _ = SEARCH.query  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="query"):
        SearchExecuted(mode="hybrid", results_count=3, latency_ms=8.1, query="x")  # type: ignore[call-arg]


def test_an_event_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        SEARCH.mode = "vector"  # type: ignore[misc]
    SEARCH.payload()["mode"] = "vector"
    assert SEARCH.payload()["mode"] == "hybrid"


def test_events_are_equal_when_they_say_the_same() -> None:
    again = SearchExecuted(mode="hybrid", results_count=3, latency_ms=8.1, filters=["language"])
    assert again == SEARCH
    assert SearchExecuted(mode="vector", results_count=3, latency_ms=8.1) != SEARCH
    assert JobStarted(job_type="ingest", attempt=1) != JobCreated(job_type="ingest")
    assert repr(JobCreated(job_type="ingest")) == "JobCreated(job_type='ingest', status='created')"
