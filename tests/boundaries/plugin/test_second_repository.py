"""Another repository copies the folder, writes its section, and runs Pants."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.boundaries.plugin.shop import FILES, config, write

PLUGIN = Path(str(files("boundaries")))
SCHEMA = Path(__file__).parent / "schemas" / "sarif-2.1.0-rtm.5.json"
REPORT = "dist/lint/boundaries/boundaries.sarif"


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Path]:
    shutil.copytree(PLUGIN, tmp_path / "plugins" / "boundaries")
    ignored = ".pants.d\n.pids\n__pycache__\ndist\n"
    write(tmp_path, {**FILES, "pants.toml": config(), ".gitignore": ignored})
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "-m", "shop")
    yield tmp_path
    for daemon in tmp_path.glob(".pids/*/pantsd/pid"):
        os.kill(int(daemon.read_text()), signal.SIGTERM)


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, check=True)  # noqa: S607


def pants(root: Path, *arguments: str) -> tuple[int, str]:
    environment = {**os.environ, "NO_SCIE_WARNING": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-m", "pants", *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def report(root: Path) -> dict[str, Any]:
    written: dict[str, Any] = json.loads((root / REPORT).read_bytes())
    jsonschema.Draft4Validator(json.loads(SCHEMA.read_bytes())).validate(written)
    return written


def places(written: dict[str, Any]) -> list[tuple[str, int, str]]:
    [run] = written["runs"]
    found = []
    for result in run["results"]:
        [location] = (each["physicalLocation"] for each in result["locations"])
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        place = location["artifactLocation"]["uri"], location["region"]["startLine"]
        found.append((*place, result["ruleId"]))
    return found


def test_the_folder_and_a_section_of_pants_toml_are_enough(repository: Path) -> None:
    exit_code, said = pants(repository, "lint", "--boundaries-format=sarif", "::")
    assert exit_code == 0, said
    assert places(report(repository)) == []
    write(repository, {"src/web/sale.py": "import till.drawer\n\nprint(till)\n"})

    exit_code, said = pants(repository, "lint", "--changed-since=HEAD", "--boundaries-format=sarif")
    assert exit_code == 1, said
    assert "src/web/sale.py:1:8: denied-dependency" in said
    assert "Rules and reasons: RULES.md" in said
    written = report(repository)
    assert places(written) == [
        ("src/web/sale.py", 1, "denied-dependency"),
        ("src/web/sale.py", 3, "service-output"),
    ]
    [first, _] = written["runs"][0]["results"]
    assert "instead: The web service asks the others by messages." in first["message"]["text"]
