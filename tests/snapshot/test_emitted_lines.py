"""The exact line of every event, as the façade writes it.

After an intended change: `./pants run tests/snapshot:update`, and let the diff be reviewed.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from inspect import signature
from pathlib import Path

import pytest
from pytest_snapshot.plugin import Snapshot

import observability as obs
from observability.events import EVENT_TYPES
from observability.testing import CapturedEvents, capture
from tests.snapshot.every_event import ACTOR, EVERY_EVENT

SNAPSHOTS = Path(__file__).parent / "snapshots"
NOON = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def captured() -> Iterator[CapturedEvents]:
    with capture(
        service_name=ACTOR.service_name,
        service_version=ACTOR.service_version,
        host=str(ACTOR.host),
        environment={"OBS_ENV": ACTOR.env},
    ) as captured:
        captured.set_clock(NOON)
        yield captured


def without_optional_fields(event: obs.Event) -> obs.Event:
    parameters = signature(type(event)).parameters.values()
    needed = {each.name for each in parameters if each.default is not None}
    kept = {name: value for name, value in event.payload().items() if name in needed}
    return type(event)(**kept)


def test_every_event_is_here() -> None:
    assert {type(event) for event, _ in EVERY_EVENT} == set(EVENT_TYPES)


def test_every_field_is_here() -> None:
    for event, _ in EVERY_EVENT:
        assert event.payload().keys() == signature(type(event)).parameters.keys(), event.event_name


def test_no_snapshot_is_left_over() -> None:
    assert {path.stem for path in SNAPSHOTS.iterdir()} == {kind.event_name for kind in EVENT_TYPES}


@pytest.mark.parametrize(
    ("event", "ctx"), EVERY_EVENT, ids=[event.event_name for event, _ in EVERY_EVENT]
)
def test_emitted_lines(
    event: obs.Event, ctx: obs.ObsContext, captured: CapturedEvents, snapshot: Snapshot
) -> None:
    """Two lines an event: with all fields, and without the optional ones."""
    obs.emit(event, ctx)
    obs.emit(without_optional_fields(event), ctx)
    snapshot.snapshot_dir = SNAPSHOTS
    snapshot.assert_match(b"".join(captured.lines), f"{event.event_name}.jsonl")
