"""What is not declared in full cannot be in the contracts."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from registry.sources import OBSERVABILITY, InvalidRegistry, load

ROOT = Path(__file__).parents[2]
SEARCH = "payloads/search_executed.payload.schema.json"
VIOLATED = "payloads/contract_violated.payload.schema.json"
DEFINITIONS = "definitions.schema.json"

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    return tmp_path


def violation(raw: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = raw["$defs"]["violation"]
    return found


@pytest.mark.parametrize(
    ("file", "change", "named"),
    [
        (SEARCH, lambda raw: raw.pop("$schema"), "$schema is missing"),
        (SEARCH, lambda raw: raw.pop("$id"), "$id is missing"),
        (SEARCH, lambda raw: raw.pop("title"), "title is missing"),
        (SEARCH, lambda raw: raw.pop("examples"), "examples is missing"),
        (
            SEARCH,
            lambda raw: raw["properties"]["filters"].pop("examples"),
            "$.properties.filters: examples is missing",
        ),
        (
            SEARCH,
            lambda raw: raw["properties"]["filters"].pop("maxItems"),
            "$.properties.filters: maxItems is missing",
        ),
        (
            SEARCH,
            lambda raw: raw["properties"]["mode"].update({"x-sensitivity": "secret"}),
            "$.properties.mode: x-sensitivity must be one of public, identifier, hashed",
        ),
        (
            SEARCH,
            lambda raw: raw["properties"]["latency_ms"].update(description="How long."),
            "$.properties.latency_ms: description does not name the unit (milliseconds)",
        ),
        (
            SEARCH,
            lambda raw: raw["properties"].update(anything=True),
            "$.properties.anything: must be an object that describes it",
        ),
        (
            VIOLATED,
            lambda raw: violation(raw).pop("additionalProperties"),
            "$.$defs.violation: additionalProperties must be false",
        ),
        (
            VIOLATED,
            lambda raw: violation(raw)["properties"]["path"].pop("x-sensitivity"),
            "$.$defs.violation.properties.path: x-sensitivity is missing",
        ),
        (
            VIOLATED,
            lambda raw: violation(raw)["properties"]["path"].pop("maxLength"),
            "$.$defs.violation.properties.path: maxLength is missing",
        ),
        (
            "correlation.schema.json",
            lambda raw: raw["properties"]["job_id"].pop("x-sensitivity"),
            "$.properties.job_id: x-sensitivity is missing",
        ),
        (
            "correlation.schema.json",
            lambda raw: raw["properties"]["trace_id"]["anyOf"][0].pop("maxLength"),
            "$.properties.trace_id.anyOf[0]: maxLength is missing",
        ),
        (
            "actor.schema.json",
            lambda raw: raw["properties"]["env"].pop("description"),
            "$.properties.env: description is missing",
        ),
        (
            DEFINITIONS,
            lambda raw: raw["$defs"]["label"].pop("maxLength"),
            "$.$defs.label: maxLength is missing",
        ),
        (
            DEFINITIONS,
            lambda raw: raw["$defs"]["label"].pop("examples"),
            "$.$defs.label: examples is missing",
        ),
        (DEFINITIONS, lambda raw: raw.pop("$defs"), "$defs is missing"),
    ],
)
def test_a_gap_is_refused(copy: Path, file: str, change: Change, named: str) -> None:
    path = copy / OBSERVABILITY / file
    raw = json.loads(path.read_text())
    change(raw)
    path.write_text(json.dumps(raw))
    with pytest.raises(InvalidRegistry) as refused:
        load(copy)
    assert str(refused.value) == f"{path}: {named}"
