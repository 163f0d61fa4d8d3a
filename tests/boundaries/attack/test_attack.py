"""`./pants lint` names every attack by its file, line and rule, and nothing else."""

import re
from collections.abc import Iterator

import pytest

from tests.boundaries.attack.cases import Case, Told, read_cases
from tests.boundaries.attack.repository import Repository, Run

HOOKS = ".pre-commit-config.yaml"
ATTACKS = read_cases("attacks")
NEAR_MISSES = read_cases("near_misses")
ALONE = read_cases("alone")


def _name(case: Case) -> str:
    return case.name


def _told_of(case: Case, run: Run) -> list[Told]:
    return [told for told in run.told if told.path in case.files]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    copy = Repository.copied_to(tmp_path_factory.mktemp("attack") / "repository")
    yield copy
    copy.stop()


@pytest.fixture(scope="module")
def attacked(repository: Repository) -> Run:
    return repository.lint_with(ATTACKS)


@pytest.fixture(scope="module")
def nearly_attacked(repository: Repository) -> Run:
    return repository.lint_with(NEAR_MISSES)


@pytest.mark.parametrize("case", ATTACKS, ids=_name)
def test_an_attack_is_told_where_it_is(case: Case, attacked: Run) -> None:
    assert case.expected, "the case marks no line"
    assert _told_of(case, attacked) == list(case.expected)


def test_nothing_else_is_told_of_the_attacks(attacked: Run) -> None:
    assert attacked.exit_code == 1
    attacking = {path for case in ATTACKS for path in case.files}
    assert [told for told in attacked.told if told.path not in attacking] == []
    assert attacked.output.count("\n  instead: ") == len(attacked.told)


@pytest.mark.parametrize("case", NEAR_MISSES, ids=_name)
def test_a_near_miss_is_not_told(case: Case, nearly_attacked: Run) -> None:
    assert _told_of(case, nearly_attacked) == []


def test_near_misses_pass(nearly_attacked: Run) -> None:
    assert nearly_attacked.exit_code == 0, nearly_attacked.output
    assert "✓ boundaries succeeded" in nearly_attacked.output


@pytest.mark.parametrize("case", ALONE, ids=_name)
def test_one_violation_is_enough(case: Case, repository: Repository) -> None:
    run = repository.lint_with([case])
    assert run.exit_code == 1, run.output
    assert run.told == list(case.expected), run.output
    words = " ".join(run.output.split())
    assert [said for said in case.said if said not in words] == [], run.output


def test_the_hook_judges_what_a_commit_changes(repository: Repository) -> None:
    [command] = re.findall(r"^ +entry: (.+)$", (repository.root / HOOKS).read_text(), re.MULTILINE)
    repository.git("init", "--quiet")
    repository.git("add", "--all")
    assert repository.git("commit", "--quiet", "--message=as it is").exit_code == 0
    hook = repository.root / ".git/hooks/pre-commit"
    hook.write_text(f"#!/bin/sh\nexec {command}\n")
    hook.chmod(0o755)

    bad, good = read_cases("committed")
    with repository.having([bad]):
        repository.git("add", "--all")
        refused = repository.git("commit", "--message=crosses a boundary")
        repository.git("reset", "--quiet")
    assert refused.exit_code == 1
    assert refused.told == list(bad.expected), refused.output
    with repository.having([good]):
        repository.git("add", "--all")
        done = repository.git("commit", "--message=crosses none")
    assert done.exit_code == 0, done.output


def test_there_are_as_many_cases_as_promised() -> None:
    assert len(ATTACKS) + len(ALONE) >= 60
    assert len(NEAR_MISSES) >= 30
