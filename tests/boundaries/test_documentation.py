"""docs/boundaries.md says what the code says, and its example works."""

import ast
import json
import re
import tomllib
from pathlib import Path
from typing import Any

from boundaries.syntax.rules import RULES
from boundaries.syntax.source import parse
from tests.boundaries.syntax.shop import SERVICE, SETTINGS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/boundaries.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", PAGE, flags=re.MULTILINE))

# What judges dependencies runs inside Pants, on another Python.
DEPENDENCY_CHECKS = ("checks.py", "leak_checks.py")


def test_every_rule_on_the_syntax_is_explained() -> None:
    assert {rule.id: ROWS.get(rule.id) for rule in RULES} == {rule.id: rule.why for rule in RULES}


def test_every_rule_on_dependencies_is_explained() -> None:
    sources = [ROOT / "pants-plugins/boundaries" / name for name in DEPENDENCY_CHECKS]
    constants = {
        name: node.value.value
        for source in sources
        for node in ast.parse(source.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for name in [ast.unparse(node.targets[0])]
    }
    assert set(constants.values()) == ROWS.keys() - {rule.id for rule in RULES}


def test_the_example_is_a_rule() -> None:
    [example] = re.findall(r"^```python\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
    told: dict[str, Any] = {}
    exec(example, told)  # noqa: S102 - the page is ours.
    source = parse(SERVICE, b"from time import sleep as wait\n\nwait(1)\nwaiting = 1\n", SETTINGS)
    assert [fault.node.lineno for fault in told["NO_SLEEP"].check(source)] == [3]


def test_the_settings_are_those_of_pants_toml() -> None:
    section = tomllib.loads((ROOT / "pants.toml").read_text(encoding="utf-8"))["boundaries"]
    assert section["documentation"] == "docs/boundaries.md"
    registry = json.loads((ROOT / section["syntax"]["registry"]).read_bytes())
    pattern = re.compile(section["syntax"]["event_name_pattern"])
    assert all(pattern.fullmatch(event["event_name"]) for event in registry["events"])
