"""Stops `test`, `check`, `package` and `dependencies` at a violation, with the words of `lint`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pants.engine.internals.dep_rules import DependencyRuleActionDeniedError
from pants.engine.rules import Get, collect_rules, rule
from pants.engine.target import (
    Dependencies,
    DependenciesRuleApplication,
    DependenciesRuleApplicationRequest,
    FieldSet,
    ValidatedDependencies,
    ValidateDependenciesRequest,
)
from pants.engine.unions import UnionRule

from boundaries.checks import DirectRequest, Findings
from boundaries.findings import as_text
from boundaries.grants import is_denied


class BoundedFieldSet(FieldSet):
    """Every target that can have dependencies."""

    required_fields = (Dependencies,)


class ValidateBoundariesRequest(ValidateDependenciesRequest):
    """Asks whether the dependencies that Pants found for a target are granted."""

    field_set_type = BoundedFieldSet


@rule
async def validate_boundaries(request: ValidateBoundariesRequest) -> ValidatedDependencies:
    """Raises DependencyRuleActionDeniedError, with all violations of the target, if it has any."""
    address = request.field_set.address
    application = await Get(
        DependenciesRuleApplication,
        DependenciesRuleApplicationRequest(
            address,
            request.dependencies,
            description_of_origin=f"get dependency rules for {address}",
        ),
    )
    if any(map(is_denied, application.dependencies_rule.values())):
        found = await Get(Findings, DirectRequest(address, tuple(request.dependencies)))
        raise DependencyRuleActionDeniedError(
            f"{address} crosses a boundary. `./pants lint ::` reports all that do.\n\n"
            f"{as_text(found.findings)}"
        )
    return ValidatedDependencies()


def rules() -> Iterable[Any]:
    """Returns what Pants asks before it hands out dependencies."""
    return (
        *collect_rules(),
        UnionRule(ValidateDependenciesRequest, ValidateBoundariesRequest),
    )
