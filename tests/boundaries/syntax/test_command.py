"""`python -m boundaries.syntax`, as `pants lint` starts it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.boundaries.syntax.shop import CONFIGURATION, REGISTERED

PLUGINS = Path(__file__).parents[3] / "pants-plugins"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    events = [{"event_name": name} for name in sorted(REGISTERED)]
    write(tmp_path / "registry.json", json.dumps({"events": events}))
    write(tmp_path / "shop.json", json.dumps(CONFIGURATION))
    write(tmp_path / "src/web/orders.py", "print('x')\nimport structlog\n")
    write(tmp_path / "src/web/clean.py", "x = 1\n")
    write(tmp_path / "src/cli/main.py", "print('x')\nname = 'shop.order.placed'\n")
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def run(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "boundaries.syntax", *arguments],
        cwd=repository,
        env={"PYTHONPATH": str(PLUGINS)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_findings_are_lines_of_json_in_order_and_no_failure(repository: Path) -> None:
    files = ("./src/web/orders.py", "src/web/clean.py", str(repository / "src/cli/main.py"))
    done = run(repository, "shop.json", *files)
    assert (done.returncode, done.stderr) == (0, "")
    told: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["path"], each["line"], each["column"], each["rule"]) for each in told] == [
        ("src/cli/main.py", 2, 8, "event-name-literal"),
        ("src/web/orders.py", 1, 1, "service-output"),
        ("src/web/orders.py", 2, 8, "forbidden-import"),
    ]
    assert all(each["message"] and each["advice"] for each in told)


def test_a_clean_repository_is_silent(repository: Path) -> None:
    done = run(repository, "shop.json", "src/web/clean.py")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"facade_module": None}, '"facade_module" should be a string'),
        ({"id_fields": "job_id"}, '"id_fields" should be a list of strings'),
        ({"id_fields": [1]}, '"id_fields" should be a list of strings'),
        ({"colour": "red"}, '"colour" is not a setting'),
        ({"event_name_pattern": "("}, "event_name_pattern is no regular expression"),
        ({"registry": "none.json"}, "none.json: cannot be read (No such file or directory)"),
        ({"registry": "shop.json"}, "shop.json: is no registry"),
        ({"registry": "src/web/clean.py"}, "src/web/clean.py: is not JSON"),
    ],
)
def test_a_broken_configuration_is_one_sentence(
    repository: Path, changes: dict[str, object], sentence: str
) -> None:
    write(repository / "shop.json", json.dumps({**CONFIGURATION, **changes}))
    assert_refused(run(repository, "shop.json", "src/web/clean.py"), sentence)


def test_a_setting_that_is_missing_is_named(repository: Path) -> None:
    told = {name: value for name, value in CONFIGURATION.items() if name != "id_fields"}
    write(repository / "shop.json", json.dumps(told))
    assert_refused(run(repository, "shop.json"), '"id_fields" is missing')


def test_files_that_cannot_be_read_are_named(repository: Path) -> None:
    gone = run(repository, "shop.json", "src/gone.py")
    assert_refused(gone, "src/gone.py: cannot be read (No such file or directory)")
    assert_refused(run(repository, "gone.json"), "gone.json: cannot be read")
    assert_refused(run(repository), "Usage: ")
    write(repository / "list.json", "[]")
    assert_refused(run(repository, "list.json"), "list.json: should be a JSON object")


def assert_refused(done: subprocess.CompletedProcess[str], sentence: str) -> None:
    assert done.returncode == 2
    assert done.stdout == ""
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1, "one sentence, no traceback"
