"""A contract that cannot be used is refused in one sentence that names file, place and rule."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from registry.generation import generate
from registry.sources import OBSERVABILITY

ROOT = Path(__file__).parents[2]
PAYLOAD = "payloads/job_created.payload.schema.json"

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    return tmp_path


def refused(copy: Path) -> str:
    result = CliRunner().invoke(generate, ["--root", str(copy)])
    assert result.exit_code == 1
    assert result.output.count("\n") == 1, "one sentence, no traceback"
    return result.output


@pytest.mark.parametrize(
    ("file", "change", "named"),
    [
        ("registry.json", lambda raw: raw["events"][0].pop("severity"), "'severity' is a required"),
        ("registry.json", lambda raw: raw["events"][0].update(requires=["user_id"]), "enum"),
        ("registry.json", lambda raw: raw["events"].append(raw["events"][0]), "stands twice"),
        (
            "registry.json",
            lambda raw: raw["events"][0].update(payload="payloads/no.payload.schema.json"),
            "no.payload.schema.json: cannot be read",
        ),
        ("registry.json", lambda raw: raw.update(schema_version="one"), "$.schema_version"),
        (PAYLOAD, lambda raw: raw["properties"]["status"].pop("x-sensitivity"), "x-sensitivity"),
        (PAYLOAD, lambda raw: raw["properties"]["status"].pop("description"), "description"),
        (PAYLOAD, lambda raw: raw.pop("additionalProperties"), "additionalProperties"),
        (PAYLOAD, lambda raw: raw.update(type="objekt"), "objekt"),
    ],
)
def test_unusable_contract(copy: Path, file: str, change: Change, named: str) -> None:
    path = copy / OBSERVABILITY / file
    raw = json.loads(path.read_text())
    change(raw)
    path.write_text(json.dumps(raw))
    assert named in refused(copy)


def test_broken_json(copy: Path) -> None:
    (copy / OBSERVABILITY / "registry.json").write_text("{")
    assert "registry.json: is not JSON" in refused(copy)
