"""The rules under Pants' own rule-testing kit: what its goals say of one small repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pants.backend.project_info import dependencies
from pants.backend.project_info.dependencies import Dependencies
from pants.backend.python import register as python_backend
from pants.base.specs import RawSpecs, RecursiveGlobSpec
from pants.core import register as core_backend
from pants.core.goals.lint import LintResult
from pants.core.util_rules.partitions import Partitions
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.engine.target import Targets
from pants.testutil.rule_runner import PYTHON_BOOTSTRAP_ENV, RuleRunner

from boundaries import register
from boundaries.lint import BoundariesRequest
from boundaries.validation import BoundedFieldSet
from tests.boundaries.plugin.shop import FILES, OPTIONS, PEX_ENVIRONMENT, SYNTAX

ENVIRONMENT = {*PYTHON_BOOTSTRAP_ENV, *PEX_ENVIRONMENT}
ARGUMENTS = (*OPTIONS, f"--boundaries-syntax={dict(SYNTAX)!r}")


@pytest.fixture(scope="module")
def runner() -> RuleRunner:
    backends = (core_backend, python_backend)
    return RuleRunner(
        rules=[
            *(rule for backend in backends for rule in backend.rules()),
            *dependencies.rules(),
            *register.rules(),
            QueryRule(Partitions, (BoundariesRequest.PartitionRequest,)),
            QueryRule(LintResult, (BoundariesRequest.Batch,)),
            QueryRule(Targets, (RawSpecs,)),
        ],
        target_types=[each for backend in backends for each in backend.target_types()],
        aliases=[backend.build_file_aliases() for backend in backends],
    )


class Repository:
    """Files that hold for one test."""

    def __init__(self, runner: RuleRunner) -> None:
        self.runner = runner
        self.changed: set[str] = set()

    def change(self, files: Mapping[str, str]) -> None:
        self.changed |= {*files}
        self.runner.write_files({**FILES, **files})
        self.runner.set_options(ARGUMENTS, env_inherit=ENVIRONMENT)

    def lint(self, files: Mapping[str, str], folder: str = "src") -> tuple[int, str]:
        self.change(files)
        specs = RawSpecs(
            recursive_globs=(RecursiveGlobSpec(folder),), description_of_origin="the test"
        )
        targets = self.request(Targets, specs)
        fields = tuple(BoundedFieldSet.create(target) for target in targets)
        [partition] = self.request(Partitions, BoundariesRequest.PartitionRequest(fields))
        batch = BoundariesRequest.Batch("", partition.elements, partition.metadata)
        result = self.request(LintResult, batch)
        return result.exit_code, result.stdout

    def request(self, kind: Any, given: Any) -> Any:
        return self.runner.request(kind, [given])


@pytest.fixture
def repository(runner: RuleRunner) -> Iterator[Repository]:
    repository = Repository(runner)
    yield repository
    runner.write_files(dict.fromkeys(repository.changed, ""))


def test_what_is_granted_passes(repository: Repository) -> None:
    exit_code, said = repository.lint({})
    assert (exit_code, said) == (0, "")


def test_each_violation_has_its_line_its_rule_and_what_to_do(
    repository: Repository,
) -> None:
    exit_code, said = repository.lint(
        {
            "src/web/orders.py": "import flask\n\ndef f() -> None:\n    import till.drawer\n",
            "src/web/BUILD": 'python_sources(dependencies=[\n    "3rdparty:structlog",\n])',
            "src/till/drawer.py": "import flask\nimport structlog\nimport unheard_of\n",
        }
    )
    assert exit_code == 1
    for told in (
        "src/web/orders.py:4:12: denied-dependency\n"
        "  imports till.drawer, that is src/till/drawer.py\n"
        '  rule: BUILD: what //src/web/** may depend on: "!*"\n'
        "  instead: The web service asks the others by messages.",
        "src/web/BUILD:2:5: denied-dependency\n  is given 3rdparty:structlog\n",
        "src/till/drawer.py:1:8: denied-dependency\n  imports flask, that is 3rdparty:flask\n",
        "src/till/drawer.py:2:8: denied-dependency",
        "src/till/drawer.py:2:8: forbidden-import",
        "src/till/drawer.py:3:8: unknown-import",
    ):
        assert told in said


def test_dependents_rules_hold_whatever_the_other_end_grants(repository: Repository) -> None:
    rules = FILES["BUILD"].replace('lib("flask")', 'lib("*")')
    _, said = repository.lint({"BUILD": rules, "src/web/orders.py": "import structlog\n"})
    assert 'rule: BUILD: what //3rdparty:structlog may be used by: "!*"\n  instead: Use the' in said


def test_a_leak_is_told_with_its_chain(repository: Repository) -> None:
    changes = {"src/shared/prices.py": "import os\nimport till.drawer\n"}
    exit_code, said = repository.lint(changes)
    assert exit_code == 1
    assert (
        "src/web/orders.py:2:8: transitive-leak\n"
        "  reaches src/till/drawer.py, which it may not depend on:\n"
        "    src/web/orders.py:2:8: imports shared.prices\n"
        "    src/shared/prices.py:2:8: imports till.drawer\n"
    ) in said
    assert said.count("denied-dependency") == 0


def test_code_that_no_rule_names_is_denied(repository: Repository) -> None:
    changes = {"src/new/BUILD": "python_sources()", "src/new/code.py": "import flask\n"}
    exit_code, said = repository.lint(changes)
    assert exit_code == 1
    assert "src/new/code.py:1:1: ungranted-code" in said


SILENCERS = (
    "import till.drawer  # noqa",
    "import till.drawer  # type: ignore",
    "import till.drawer  # pants: no-infer-dep",
    "import till.drawer  # ruff: noqa  # pylint: disable=all  # boundaries: ignore",
    "import json, till.drawer",
    "from till import drawer as printer",
    "if False: import till.drawer",
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING: import till.drawer",
    "try: import till.drawer\nexcept ImportError: pass",
    "def f(): import till.drawer",
    "import importlib; importlib.import_module('till.drawer')",
    "__import__('till' + '.drawer')",
    "from importlib import import_module as load; load('till.drawer')",
)


def test_nothing_silences_a_denial(repository: Repository) -> None:
    build = 'python_sources(overrides={"m0.py": dict(dependencies=["!src/till/drawer.py"])})'
    changes = {f"src/web/m{n}.py": f"{line}\n" for n, line in enumerate(SILENCERS)}
    exit_code, said = repository.lint({**changes, "src/web/BUILD": build})
    assert exit_code == 1
    for number, line in enumerate(SILENCERS):
        place = f"src/web/m{number}.py:{2 if 'TYPE' in line else 1}:"
        assert place in said, line
    assert said.count("denied-dependency") == len(SILENCERS)


def test_only_the_targets_asked_for_are_told_of(repository: Repository) -> None:
    changes = {"src/web/orders.py": "import till.drawer\n", "src/till/drawer.py": "import flask\n"}
    _, said = repository.lint(changes, "src/till")
    assert "src/till/drawer.py:1:8" in said
    assert "src/web" not in said


def test_a_goal_that_a_violation_stops_says_the_same(repository: Repository) -> None:
    repository.change({"src/web/orders.py": "import flask\nimport till.drawer\n"})
    with pytest.raises(ExecutionError) as stopped:
        repository.runner.run_goal_rule(
            Dependencies, args=["src/web::"], global_args=ARGUMENTS, env_inherit=ENVIRONMENT
        )
    said = str(stopped.value)
    assert "src/web/orders.py:2:8: denied-dependency\n" in said
    assert "instead: The web service asks the others by messages." in said
