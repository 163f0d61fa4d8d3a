"""The exact line of every event, as the façade writes it.

After an intended change: `./pants run tests/snapshot:update`, and let the diff be reviewed.
"""

from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from pytest_snapshot.plugin import Snapshot

import observability as obs
from observability.events import EVENT_TYPES
from tests.snapshot.every_event import ACTOR, EVERY_EVENT

SNAPSHOTS = Path(__file__).parent / "snapshots"
NOON = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)


class Memory:
    """A sink that remembers."""

    name = "memory"

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def write(self, line: bytes) -> None:
        self.lines.append(line)


@pytest.fixture
def sink() -> Memory:
    memory = Memory()
    numbers = count(1)
    obs.configure(
        service_name=ACTOR.service_name,
        service_version=ACTOR.service_version,
        host=ACTOR.host,
        sink=memory,
        now=lambda: NOON,
        new_event_id=lambda: f"01939f6e-2c1b-7000-8000-{next(numbers):012x}",
        environment={"OBS_VALIDATE_STRICT": "true", "OBS_ENV": ACTOR.env},
    )
    return memory


def without_optional_fields(event: obs.Event) -> obs.Event:
    assert is_dataclass(event)
    absent = {field.name: None for field in fields(event) if field.default is None}
    return replace(event, **absent)


def test_every_event_is_here() -> None:
    assert {type(event) for event, _ in EVERY_EVENT} == set(EVENT_TYPES)


def test_every_field_is_here() -> None:
    for event, _ in EVERY_EVENT:
        assert event.payload().keys() == set(event.__slots__), event.event_name


def test_no_snapshot_is_left_over() -> None:
    assert {path.stem for path in SNAPSHOTS.iterdir()} == {kind.event_name for kind in EVENT_TYPES}


@pytest.mark.parametrize(
    ("event", "ctx"), EVERY_EVENT, ids=[event.event_name for event, _ in EVERY_EVENT]
)
def test_emitted_lines(
    event: obs.Event, ctx: obs.ObsContext, sink: Memory, snapshot: Snapshot
) -> None:
    """Two lines an event: with all fields, and without the optional ones."""
    obs.emit(event, ctx)
    obs.emit(without_optional_fields(event), ctx)
    snapshot.snapshot_dir = SNAPSHOTS
    snapshot.assert_match(b"".join(sink.lines), f"{event.event_name}.jsonl")
