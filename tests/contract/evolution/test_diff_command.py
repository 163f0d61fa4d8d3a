"""`contracts diff` tells what changed in every format, and its exit code says whether it may."""

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from registry.evolution import diff_command
from registry.evolution.releases import CURRENT, RELEASED
from tests.contract.evolution.test_kinds import FIXTURES

PAYLOAD = "observability/payloads/thing_happened.payload.schema.json"


def repository(folder: Path, kind: str) -> Path:
    """Lay out the fixture of a kind as a repository in which the previous side is released."""
    previous = json.loads((FIXTURES / kind / "previous/observability/registry.json").read_text())
    released = folder / RELEASED / previous["schema_version"]
    shutil.copytree(FIXTURES / kind / "previous", released)
    (released / "SHA256SUMS").touch()
    shutil.copytree(FIXTURES / kind / "current", folder / CURRENT)
    return folder


def diff(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(diff_command, ["--root", str(root), *arguments])


@pytest.mark.parametrize(
    ("kind", "exit_code"),
    [
        ("version-needs-major", 1),
        ("version-lowered", 1),
        ("version-needs-minor", 0),
        ("type-changed", 0),  # with a new major version
        ("documentation-changed", 0),
    ],
)
@pytest.mark.parametrize("format_name", ["text", "json", "github", "junit"])
def test_exit_code(tmp_path: Path, kind: str, exit_code: int, format_name: str) -> None:
    result = diff(repository(tmp_path, kind), "--format", format_name)
    assert result.exit_code == exit_code, result.output


def test_text_names_change_place_and_advice(tmp_path: Path) -> None:
    output = diff(repository(tmp_path, "version-needs-major")).output
    assert "Contracts 1.0.0 -> 1.1.0: breaking for readers, breaking for writers." in output
    assert "narralytica.thing.happened" in output
    assert "The type of value changed from integer to string." in output
    assert f"type-changed (breaking for readers and writers), {PAYLOAD}#/properties/value" in output
    assert "Add a field of the new type under a new name." in output
    assert output.endswith("or the breaking changes undone.\n")


@pytest.mark.parametrize("arguments", [["--json"], ["--format", "json"]])
def test_json(tmp_path: Path, arguments: list[str]) -> None:
    report = json.loads(diff(repository(tmp_path, "type-narrowed"), *arguments).output)
    assert (report["readers"], report["writers"]) == ("additive", "breaking")
    assert report["refused"] is False
    assert report["changes"][0] == {
        "kind": "type-narrowed",
        "readers": "additive",
        "writers": "breaking",
        "subject": "narralytica.thing.happened",
        "file": PAYLOAD,
        "pointer": "/properties/value",
        "before": "number",
        "after": "integer",
        "sentence": "The type of value narrowed from number to integer.",
        "advice": "Keep the wider type, or add a field of the narrower one beside it.",
    }


def test_a_version_too_low_does_not_blur_for_whom_it_breaks(tmp_path: Path) -> None:
    root = repository(tmp_path, "type-narrowed")
    path = root / CURRENT / "observability/registry.json"
    path.write_text(path.read_text().replace("2.0.0", "1.0.0"))
    result = diff(root)
    assert result.exit_code == 1
    assert "additive for readers, breaking for writers." in result.output


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        ("version-needs-major", "error"),
        ("type-changed", "warning"),
        ("version-needs-minor", "notice"),
    ],
)
def test_github_annotates_the_file(tmp_path: Path, kind: str, command: str) -> None:
    first = diff(repository(tmp_path, kind), "--format", "github").output.splitlines()[0]
    assert first.startswith(f"::{command} file=contracts/schemas/")


def test_github_keeps_each_annotation_on_one_line(tmp_path: Path) -> None:
    root = repository(tmp_path, "pattern-added")
    path = root / CURRENT / PAYLOAD
    schema = json.loads(path.read_text())
    schema["properties"]["value"]["pattern"] = "100%\n::error::"
    path.write_text(json.dumps(schema))
    lines = diff(root, "--format", "github").output.splitlines()
    assert len(lines) == 2
    assert "must now match 100%25%0A::error::." in lines[0]


@pytest.mark.parametrize(
    ("kind", "failures"), [("version-needs-major", 2), ("type-changed", 0), ("event-added", 0)]
)
def test_junit_fails_what_is_refused(tmp_path: Path, kind: str, failures: int) -> None:
    output = diff(repository(tmp_path, kind), "--format", "junit").output
    suite = ElementTree.fromstring(output).find("testsuite")  # noqa: S314 - our own output
    assert suite is not None
    assert suite.get("tests") == str(len(suite.findall("testcase")))
    assert suite.get("failures") == str(len(suite.findall("testcase/failure"))) == str(failures)


def test_junit_holds_what_xml_cannot(tmp_path: Path) -> None:
    root = repository(tmp_path, "pattern-added")
    path = root / CURRENT / PAYLOAD
    schema = json.loads(path.read_text())
    schema["properties"]["value"]["pattern"] = "\u0000<&"
    path.write_text(json.dumps(schema))
    ElementTree.fromstring(diff(root, "--format", "junit").output)  # noqa: S314 - our own output


def test_nothing_changed(tmp_path: Path) -> None:
    root = repository(tmp_path, "type-changed")
    shutil.rmtree(root / CURRENT)
    shutil.copytree(root / RELEASED / "1.0.0", root / CURRENT)
    assert diff(root).output == "Contracts 1.0.0 -> 1.0.0: no change.\n"
    assert diff(root, "--format", "github").output == ""
    assert 'tests="1" failures="0"' in diff(root, "--format", "junit").output


def test_against_chooses_the_release(tmp_path: Path) -> None:
    root = repository(tmp_path, "version-needs-major")
    shutil.copytree(root / CURRENT, root / RELEASED / "1.10.0")
    (root / RELEASED / "1.10.0" / "SHA256SUMS").touch()
    assert diff(root).exit_code == 0
    assert diff(root, "--against", "1.0.0").exit_code == 1


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        (PAYLOAD, "{", f"{PAYLOAD}: is not JSON"),
        (PAYLOAD, None, "registry.json: $.events[0].payload: there is no"),
        (PAYLOAD, '{"$id": "x", "type": "objekt"}', f"{PAYLOAD}: $.type: 'objekt'"),
        (PAYLOAD, "{}", f"{PAYLOAD}: $: '$id' is a required property (required)"),
        (PAYLOAD, '{"$id": "x", "$ref": "y"}', f"{PAYLOAD}: $ref y leads nowhere"),
        ("observability/registry.json", None, "registry.json: cannot be read"),
        ("observability/registry.json", '{"events": []}', "'schema_version' is a required"),
        (
            "observability/registry.json",
            '{"schema_version": "1", "events": []}',
            "registry.json: $.schema_version: '1' does not match",
        ),
    ],
)
def test_bad_input(tmp_path: Path, file: str, text: str | None, said: str) -> None:
    root = repository(tmp_path, "type-changed")
    if text is None:
        (root / CURRENT / file).unlink()
    else:
        (root / CURRENT / file).write_text(text)
    result = diff(root)
    assert result.exit_code == 2
    assert said in result.output
    assert result.output.count("\n") == 1, "one sentence, no traceback"


def test_an_event_that_stands_twice(tmp_path: Path) -> None:
    root = repository(tmp_path, "type-changed")
    path = root / CURRENT / "observability/registry.json"
    registry = json.loads(path.read_text())
    path.write_text(json.dumps({**registry, "events": registry["events"] * 2}))
    result = diff(root)
    assert result.exit_code == 2
    assert "$.events[1]: narralytica.thing.happened stands twice" in result.output


@pytest.mark.parametrize("version", ["9.9.9", "../1.0.0", ""])
def test_a_version_that_was_not_released(tmp_path: Path, version: str) -> None:
    result = diff(repository(tmp_path, "type-changed"), "--against", version)
    assert result.exit_code == 2
    assert "was not released; released: 1.0.0" in result.output


def test_nothing_released(tmp_path: Path) -> None:
    result = diff(tmp_path)
    assert result.exit_code == 2
    assert "holds no released version" in result.output
