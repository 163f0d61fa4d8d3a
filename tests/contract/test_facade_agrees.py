"""The façade judges in parts what the envelope schema judges as a whole; both decide alike."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from observability.context import Actor, ObsContext
from observability.contracts import contract
from observability.seal import Sealer
from observability.validate import ENVELOPE
from tests.contract.odd_lines import odd_lines

FIXTURES = Path(__file__).parents[1] / "fixtures/contracts"
LINES = sorted(FIXTURES.glob("*valid/*/*.json"))
IDS = {"request_id", "job_id", "job_run_id", "trace_id", "span_id"}
ACTOR = {"service_name", "service_version", "env", "host"}
EVENT_ID = "01939f6e-2c1b-7d52-9b6e-3f0a5c2d7e11"

SEALER = Sealer(
    actor=Actor(service_name="tests", service_version="1.0.0", env="test"),
    strict=True,
    now_ns=lambda: 1_763_900_000_123_456_789,
    new_event_id=lambda: EVENT_ID,
)


def context_of(line: Any) -> ObsContext | None:
    """Return the context that would give a line its correlation and actor, if there is one."""
    if not isinstance(line, dict):
        return None
    ids, actor = line.get("correlation"), line.get("actor")
    if not isinstance(ids, dict) or not isinstance(actor, dict):
        return None
    if ids.keys() - IDS or actor.keys() - ACTOR or ACTOR - actor.keys() - {"host"}:
        return None
    return ObsContext(actor=Actor(**actor), **ids)


def assert_same_verdict(line: Any) -> None:
    ctx = context_of(line)
    if ctx is None:
        return
    name, payload = line.get("event_name"), line.get("payload")
    written = SEALER.line(name, payload, ctx)
    envelope = {
        "event_name": name,
        "occurred_at": "2025-11-23T12:13:20.123456Z",
        "correlation": ctx.correlation(),
        "actor": ctx.actor.as_dict(),
        "payload": payload,
    }
    assert (written is not None) is contract(ENVELOPE).accepts(envelope)
    if written is not None:
        read = json.loads(written)
        assert contract(ENVELOPE).accepts(read)
        assert {key: read[key] for key in envelope} | {"occurred_at": ""} == envelope | {
            "occurred_at": ""
        }


@pytest.mark.parametrize("path", LINES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_on_every_fixture(path: Path) -> None:
    line = json.loads(path.read_text(encoding="utf-8"))
    assert_same_verdict(line.get("envelope", line))


@given(odd_lines())
def test_on_odd_lines(line: Any) -> None:
    assert_same_verdict(line)
