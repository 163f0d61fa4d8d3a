"""For the tests of those who emit: captured events, a clock that stands still, ids that count.

from observability.testing import CapturedEvents, captured_events  # noqa: F401

def test_a_search_is_told(captured_events: CapturedEvents) -> None:
    answer_a_search()
    captured_events.assert_one(SearchExecuted, mode="hybrid", results_count=3)
"""

import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from observability.configuration import from_environment
from observability.emit import install
from observability.event import Event
from observability.facade import Facade

#: Where the clock stands.
BEGINNING = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class CapturedEvents:
    """The lines that were emitted, from all threads, in the order in which they were written."""

    name = "captured"

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self._now = BEGINNING
        self._ids = itertools.count(1)

    def write(self, line: bytes) -> None:
        """Take one line (the sink's side)."""
        self.lines.append(line)

    def advance(self, seconds: float) -> None:
        """Set the clock forward."""
        self._now += timedelta(seconds=seconds)

    def set_clock(self, now: datetime) -> None:
        """Set the clock to a time that bears a zone."""
        self._now = now

    def now_ns(self) -> int:
        """Return the Unix time of the clock, in nanoseconds."""
        return (self._now - _EPOCH) // timedelta(microseconds=1) * 1000

    def new_event_id(self) -> str:
        """Return the next id: they count from …0001 in the last part."""
        return f"01939f6e-2c1b-7000-8000-{next(self._ids):012x}"

    def envelopes(self, event: type[Event] | str | None = None) -> list[dict[str, Any]]:
        """Return the envelopes of one event, given as its type or name, or of all."""
        envelopes = [json.loads(line) for line in tuple(self.lines)]
        name = event if isinstance(event, str) or event is None else event.event_name
        return [each for each in envelopes if name in (None, each["event_name"])]

    def names(self) -> list[str]:
        """Return the names of the events, in order."""
        return [envelope["event_name"] for envelope in self.envelopes()]

    def assert_one(self, event: type[Event] | str, /, **payload: Any) -> dict[str, Any]:
        """Return the only envelope of an event whose payload has these members.

        Raises AssertionError that shows the payloads that there are, if it is not exactly one.
        """
        told = self.envelopes(event)
        fitting = [each for each in told if payload.items() <= each["payload"].items()]
        name = event if isinstance(event, str) else event.event_name
        if len(fitting) != 1:
            shown = [each["payload"] for each in told] or self.names()
            raise AssertionError(f"{len(fitting)} of {name} with {payload}; told: {shown}")
        return fitting[0]

    def assert_none(self, event: type[Event] | str) -> None:
        """Raise AssertionError if the event was emitted."""
        if told := self.envelopes(event):
            raise AssertionError(f"emitted: {[each['payload'] for each in told]}")


@contextmanager
def capture(
    *,
    service_name: str = "test-service",
    service_version: str = "9.9.9",
    host: str = "test-host",
    environment: Mapping[str, str] | None = None,
) -> Iterator[CapturedEvents]:
    """Capture what is emitted within the block, strictly validated unless `environment` says not.

    The façade that was configured before is in place again afterwards.
    """
    captured = CapturedEvents()
    configuration = from_environment(
        {"OBS_VALIDATE_STRICT": "true", "OBS_ENV": "test", **(environment or {})},
        service_name=service_name,
        service_version=service_version,
        host=host,
        sinks=(captured,),
    )
    before = install(
        Facade(configuration, now_ns=captured.now_ns, new_event_id=captured.new_event_id)
    )
    try:
        yield captured
    finally:
        install(before)


@pytest.fixture
def captured_events() -> Iterator[CapturedEvents]:
    """Capture what the test emits; a violation of a contract raises."""
    with capture() as captured:
        yield captured
