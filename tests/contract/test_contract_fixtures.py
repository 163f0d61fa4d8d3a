"""Every event has valid fixtures, and every rule one that breaks it, as both judges say."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from observability.events import EVENT_TYPES
from registry.sources import InvalidRegistry, load
from tests.contract.fixtures.files import (
    COMMAND,
    FIXTURES,
    all_rules,
    fixture_files,
    read_vocabulary,
)
from tests.contract.judges import broken_by_facade, broken_by_jsonschema

ROOT = Path(__file__).parents[2]
VALID = sorted((ROOT / FIXTURES / "valid").rglob("*.json"))
INVALID = sorted((ROOT / FIXTURES / "invalid").rglob("*.json"))


def short(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def without_fixture(root: Path) -> list[str]:
    """Return the rules that no fixture on disk breaks, as the file that is missing."""
    registry = load(root)
    rules = all_rules(registry, read_vocabulary(root, registry))
    return [
        f"{folder}/{rule.file_name}"
        for folder, own in rules.items()
        for rule in own
        if not (root / FIXTURES / "invalid" / folder / rule.file_name).exists()
    ]


def test_every_rule_has_a_fixture() -> None:
    missing = without_fixture(ROOT)
    assert not missing, f"run {COMMAND} for {', '.join(missing)}"


def test_every_event_has_a_valid_fixture() -> None:
    assert {path.parent.name for path in VALID} == {event.event_name for event in EVENT_TYPES}


def test_the_fixtures_are_what_the_schemas_give() -> None:
    expected = fixture_files(ROOT)
    found = {path.relative_to(ROOT): path.read_text() for path in (*VALID, *INVALID)}
    stale = {
        str(path)
        for path in expected.keys() | found.keys()
        if expected.get(path) != found.get(path)
    }
    assert not stale, f"run {COMMAND} for {', '.join(sorted(stale))}"


@pytest.mark.parametrize("path", VALID, ids=short)
def test_both_judges_accept(path: Path) -> None:
    line = json.loads(path.read_text())
    assert broken_by_facade(line) == broken_by_jsonschema(line) == set()


@pytest.mark.parametrize("path", INVALID, ids=short)
def test_both_judges_name_the_same_rules(path: Path) -> None:
    fixture = json.loads(path.read_text())
    told = broken_by_facade(fixture["envelope"])
    assert (fixture["breaks"]["path"], fixture["breaks"]["rule"]) in told
    assert told == broken_by_jsonschema(fixture["envelope"])


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    shutil.copytree(ROOT / FIXTURES, tmp_path / FIXTURES)
    return tmp_path


def add_property(root: Path, **rules: Any) -> None:
    path = root / "contracts/schemas/observability/payloads/job_created.payload.schema.json"
    schema = json.loads(path.read_text())
    about = {"description": "New.", "x-sensitivity": "public"}
    schema["properties"]["added"] = {**about, **rules}
    path.write_text(json.dumps(schema))


def test_a_new_rule_is_missed_by_name(copy: Path) -> None:
    add_property(copy, type="string", enum=["one"], examples=["one"])
    assert without_fixture(copy) == [
        "narralytica.job.created/payload.added-type.json",
        "narralytica.job.created/payload.added-enum.json",
    ]


def test_a_keyword_that_no_fixture_can_break_is_refused(copy: Path) -> None:
    add_property(copy, type="integer", multipleOf=2, examples=[2])
    with pytest.raises(NotImplementedError, match="/payload/added: no fixture breaks multipleOf"):
        fixture_files(copy)


def test_a_broken_schema_is_refused(copy: Path) -> None:
    add_property(copy, type="string", examples=["one"])
    with pytest.raises(InvalidRegistry, match=r"job_created.*properties\.added: maxLength is"):
        fixture_files(copy)
