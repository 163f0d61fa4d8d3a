"""The envelope schema decides alone which lines are events, and both judges agree with it."""

from copy import deepcopy
from typing import Any

import pytest

from observability.contracts import schemas
from observability.events import EVENT_TYPES
from tests.contract.judges import broken_by_facade, broken_by_jsonschema, fixture

SEARCH = "event_envelope.search_executed.json"
LAYER = "event_envelope.layer_failed.json"

UUID = "01939f6e-2c1d-7000-8000-00000000000b"


def changed(envelope: dict[str, Any], pointer: str, value: object) -> dict[str, Any]:
    """Return the envelope with the value at `pointer` replaced, or removed for `...`."""
    copy = deepcopy(envelope)
    *parents, key = pointer.strip("/").split("/")
    target = copy
    for parent in parents:
        target = target[parent]
    if value is ...:
        del target[key]
    else:
        target[key] = value
    return copy


@pytest.mark.parametrize("name", [SEARCH, LAYER])
def test_fixture_is_valid(name: str) -> None:
    assert broken_by_facade(fixture(name)) == set()
    assert broken_by_jsonschema(fixture(name)) == set()


@pytest.mark.parametrize("key", ["schema_version", "event_id", "severity"])
def test_a_reader_does_without_what_only_writers_must_give(key: str) -> None:
    envelope = changed(fixture(SEARCH), key, ...)
    assert broken_by_facade(envelope) == broken_by_jsonschema(envelope) == set()


@pytest.mark.parametrize("key", ["host"])
def test_optional_actor_keys(key: str) -> None:
    envelope = changed(fixture(SEARCH), f"actor/{key}", ...)
    assert broken_by_facade(envelope) == broken_by_jsonschema(envelope) == set()


@pytest.mark.parametrize(
    ("name", "pointer", "value", "path", "rule"),
    [
        # the envelope
        (SEARCH, "event_name", ..., "", "required"),
        (SEARCH, "occurred_at", ..., "", "required"),
        (SEARCH, "correlation", ..., "", "required"),
        (SEARCH, "actor", ..., "", "required"),
        (SEARCH, "payload", ..., "", "required"),
        (SEARCH, "extra", 1, "", "additionalProperties"),
        (SEARCH, "correlation/user_id", UUID, "/correlation", "additionalProperties"),
        (SEARCH, "actor/pid", 1, "/actor", "additionalProperties"),
        (SEARCH, "actor/env", "", "/actor/env", "minLength"),
        (SEARCH, "event_name", "narralytica.search.imagined", "/event_name", "enum"),
        (SEARCH, "severity", "error", "/severity", "const"),
        (SEARCH, "severity", "fatal", "/severity", "enum"),
        (SEARCH, "schema_version", "1.0", "/schema_version", "pattern"),
        # times: UTC, microseconds, Z, and real
        (SEARCH, "occurred_at", "2026-11-23T15:04:05Z", "/occurred_at", "pattern"),
        (SEARCH, "occurred_at", "2026-11-23T15:04:05.678901+00:00", "/occurred_at", "pattern"),
        (SEARCH, "occurred_at", "2026-13-23T15:04:05.678901Z", "/occurred_at", "format"),
        (SEARCH, "occurred_at", 1763910245, "/occurred_at", "type"),
        # ids: canonical form only
        (SEARCH, "event_id", "1", "/event_id", "pattern"),
        (SEARCH, "event_id", f"{{{UUID}}}", "/event_id", "pattern"),
        (SEARCH, "event_id", f"{UUID}\n", "/event_id", "maxLength"),
        (SEARCH, "event_id", UUID.upper(), "/event_id", "pattern"),
        (SEARCH, "correlation/trace_id", "0" * 32, "/correlation/trace_id", "anyOf"),
        (SEARCH, "correlation/span_id", "0" * 16, "/correlation/span_id", "anyOf"),
        (SEARCH, "correlation/job_id", "7", "/correlation/job_id", "anyOf"),
        # what an event name requires
        (SEARCH, "correlation/request_id", None, "/correlation/request_id", "type"),
        (SEARCH, "correlation/request_id", ..., "/correlation", "required"),
        (LAYER, "correlation/job_id", None, "/correlation/job_id", "type"),
        (LAYER, "correlation/job_run_id", None, "/correlation/job_run_id", "type"),
        (LAYER, "correlation/job_run_id", ..., "/correlation", "required"),
        # the payload that an event name selects
        (SEARCH, "payload/query", "who am I", "/payload", "additionalProperties"),
        (SEARCH, "payload/mode", "psychic", "/payload/mode", "enum"),
        (SEARCH, "payload/mode", ..., "/payload", "required"),
        (SEARCH, "payload/latency_ms", -0.1, "/payload/latency_ms", "minimum"),
        (SEARCH, "payload/latency_ms", "8", "/payload/latency_ms", "type"),
        (SEARCH, "payload/results_count", 2.5, "/payload/results_count", "type"),
        (SEARCH, "payload/filters", ["a", "a"], "/payload/filters", "uniqueItems"),
        (SEARCH, "payload/query_hash", "short", "/payload/query_hash", "pattern"),
        (LAYER, "payload/attempt", 0, "/payload/attempt", "minimum"),
        (LAYER, "payload/status", "completed", "/payload/status", "const"),
        (LAYER, "payload/layer_name", "", "/payload/layer_name", "pattern"),
        (LAYER, "payload/layer_name", "sentiment\n", "/payload/layer_name", "pattern"),
        (LAYER, "payload/error_type", ..., "/payload", "required"),
        (LAYER, "payload/error_message", "x" * 257, "/payload/error_message", "maxLength"),
    ],
)
def test_both_judges_name_the_broken_rule(
    name: str, pointer: str, value: object, path: str, rule: str
) -> None:
    envelope = changed(fixture(name), pointer, value)
    assert (path, rule) in broken_by_facade(envelope)
    assert (path, rule) in broken_by_jsonschema(envelope)


@pytest.mark.parametrize("event", EVENT_TYPES, ids=lambda event: event.event_name)
def test_every_event_has_a_valid_example(event: type[Any]) -> None:
    path = schemas()["observability/event_envelope.schema.json"]["$defs"][event.event_name]
    payload = schemas()[f"observability/{path['properties']['payload']['$ref']}"]
    ids = {"request_id": UUID, "job_id": UUID, "job_run_id": UUID}
    for example in payload["examples"]:
        envelope = fixture(SEARCH) | {
            "event_name": event.event_name,
            "severity": event.severity,
            "correlation": ids,
            "payload": example,
        }
        assert broken_by_facade(envelope) == broken_by_jsonschema(envelope) == set()
        assert event(**example).payload() == example
