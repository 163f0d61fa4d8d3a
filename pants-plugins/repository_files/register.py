"""Gives `python_tests` the field `repository_files`: files of the repository for its sandbox.

A test of the build itself needs BUILD files, locks and plugins. A `files` target would own them a
second time, and what is owned once too often `./pants tailor --check` no longer misses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.backend.python.goals.pytest_runner import PytestPluginSetup, PytestPluginSetupRequest
from pants.backend.python.target_types import PythonTestsGeneratorTarget, PythonTestTarget
from pants.engine.fs import Digest, GlobExpansionConjunction, GlobMatchErrorBehavior, PathGlobs
from pants.engine.rules import Get, collect_rules, rule
from pants.engine.target import StringSequenceField, Target
from pants.engine.unions import UnionRule


class RepositoryFilesField(StringSequenceField):
    """Globs, relative to the build root; each must match."""

    alias = "repository_files"
    help = "Globs of files that the test finds at their own paths, whoever owns them."


@dataclass(frozen=True)
class RepositoryFilesRequest(PytestPluginSetupRequest):
    """Asks for the files of one test."""

    @classmethod
    def is_applicable(cls, target: Target) -> bool:
        """Says whether the test names any."""
        return bool(target.get(RepositoryFilesField).value)


@rule
async def repository_files(request: RepositoryFilesRequest) -> PytestPluginSetup:
    """Takes the files as they are now, so that the test runs again when one changes."""
    globs = PathGlobs(
        request.target[RepositoryFilesField].value or (),
        glob_match_error_behavior=GlobMatchErrorBehavior.error,
        conjunction=GlobExpansionConjunction.all_match,
        description_of_origin=f"the `repository_files` of {request.target.address}",
    )
    return PytestPluginSetup(await Get(Digest, PathGlobs, globs))


def rules() -> Iterable[Any]:
    """Returns what Pants registers when it loads this backend."""
    return (
        *collect_rules(),
        UnionRule(PytestPluginSetupRequest, RepositoryFilesRequest),
        PythonTestTarget.register_plugin_field(RepositoryFilesField),
        PythonTestsGeneratorTarget.register_plugin_field(RepositoryFilesField),
    )
