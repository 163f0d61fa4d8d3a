"""`__dependencies_rules__` and `__dependents_rules__`, with their reasons kept.

The rules are those of `pants.backend.experimental.visibility`, which this backend replaces, and so
is their syntax. Two things are added: a comment among the rules (a string that starts with `#`) is
the advice of the denial that follows it, and the answer says which rule gave it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any, cast

from pants.backend.visibility.glob import TargetGlob
from pants.backend.visibility.rule_types import (
    BuildFileVisibilityRules,
    BuildFileVisibilityRulesError,
    BuildFileVisibilityRulesParserState,
    VisibilityRule,
    VisibilityRuleSet,
    flatten,
)
from pants.engine.addresses import Address
from pants.engine.internals.dep_rules import (
    BuildFileDependencyRules,
    BuildFileDependencyRulesImplementation,
    BuildFileDependencyRulesImplementationRequest,
    BuildFileDependencyRulesParserState,
    DependencyRuleAction,
    DependencyRuleApplication,
)
from pants.engine.internals.target_adaptor import TargetAdaptor
from pants.engine.rules import collect_rules, rule
from pants.engine.unions import UnionRule
from typing_extensions import TypeGuard


@dataclass(frozen=True)
class Grant(VisibilityRule):
    """One rule of a list, with the comment that stands before it."""

    advice: str = ""


@dataclass(frozen=True)
class GrantList(VisibilityRuleSet):
    """The ordered rules of the targets that its selectors name; the first that matches decides."""

    @classmethod
    def parse(cls, build_file: str, arg: Any) -> GrantList:
        """Reads one entry of a BUILD file; raises ValueError if it is no list of rules."""
        plain = VisibilityRuleSet.parse(build_file, arg)
        rules = _advised(flatten(arg[1:], str), str(PurePath(build_file).parent))
        return cls(plain.build_file, plain.selectors, tuple(rules))

    def selector(self, address: Address, adaptor: TargetAdaptor, relpath: str) -> TargetGlob:
        """Returns the selector through which the list applies to a target that it does apply to."""
        return next(glob for glob in self.selectors if glob.match(address, adaptor, relpath))

    @property
    def only_denies(self) -> bool:
        """Says whether the list grants nothing at all, as the one for code that nobody named."""
        return all(rule.action is DependencyRuleAction.DENY for rule in self.rules)


def _advised(texts: Iterable[str], relpath: str) -> Iterable[Grant]:
    comment: list[str] = []
    for text in texts:
        if text.startswith("#"):
            comment.append(text.lstrip("# "))
        elif text:
            parsed = VisibilityRule.parse(text, relpath)
            yield Grant(parsed.action, parsed.glob, " ".join(comment))
            comment = []


@dataclass(frozen=True)
class Verdict(DependencyRuleApplication):
    """What the rules say of one dependency.

    `group` is the selector that names the origin, empty if none does. `rule` and `advice` are those
    of the rule that decided; `granted` is false for an origin whose rules grant nothing at all.
    """

    group: str = ""
    rule: str = ""
    advice: str = ""
    granted: bool = True


def is_denied(verdict: DependencyRuleApplication) -> TypeGuard[Verdict]:
    """Says whether the rules forbid the dependency; a warning does not."""
    return isinstance(verdict, Verdict) and verdict.action is DependencyRuleAction.DENY


class GrantListsParserState(BuildFileVisibilityRulesParserState):
    """Collects the lists while Pants reads a BUILD file."""

    def set_dependency_rules(
        self, build_file: str, *args: Any, extend: bool = False, **kwargs: Any
    ) -> None:
        """Takes the lists of one call; only the topmost folder that has any may have them."""
        if self.parent is not None:
            raise BuildFileVisibilityRulesError(
                f"{build_file}: a folder cannot grant itself anything: what its code may depend on "
                f"is said in {cast('GrantLists', self.parent).path}, once for all below."
            )
        super().set_dependency_rules(build_file, *args, extend=extend, **kwargs)
        own = [GrantList.parse(build_file, arg) for arg in args if arg]
        self.rulesets[: len(own)] = own

    def get_frozen_dependency_rules(self) -> BuildFileDependencyRules | None:
        """Returns what was collected, or what the folder above has."""
        return GrantLists(self.path, tuple(self.rulesets)) if self.rulesets else self.parent


_End = tuple[Address, TargetAdaptor]


@dataclass(frozen=True)
class GrantLists(BuildFileVisibilityRules):
    """The lists that hold in one folder."""

    @staticmethod
    def create_parser_state(
        path: str, parent: BuildFileDependencyRules | None
    ) -> BuildFileDependencyRulesParserState:
        """Returns the collector for the BUILD file of one folder."""
        return GrantListsParserState(path, cast("GrantLists", parent))

    @classmethod
    def check_dependency_rules(
        cls,
        *,
        origin_address: Address,
        origin_adaptor: TargetAdaptor,
        dependencies_rules: BuildFileDependencyRules | None,
        dependency_address: Address,
        dependency_adaptor: TargetAdaptor,
        dependents_rules: BuildFileDependencyRules | None,
    ) -> DependencyRuleApplication:
        """Judges one dependency by the lists of both of its ends."""
        plain = super().check_dependency_rules(
            origin_address=origin_address,
            origin_adaptor=origin_adaptor,
            dependencies_rules=dependencies_rules,
            dependency_address=dependency_address,
            dependency_adaptor=dependency_adaptor,
            dependents_rules=dependents_rules,
        )
        verdict = Verdict(**vars(plain))
        origin, dependency = (
            (origin_address, origin_adaptor),
            (dependency_address, dependency_adaptor),
        )
        outward = dependencies_rules and cast("GrantLists", dependencies_rules).deciding(
            origin, dependency
        )
        inward = dependents_rules and cast("GrantLists", dependents_rules).deciding(
            dependency, origin
        )
        if outward:
            grants, selector, _ = outward
            verdict = replace(verdict, group=str(selector), granted=not grants.only_denies)
        for kind, decided in (("may depend on", outward), ("may be used by", inward)):
            if decided and decided[2].action is verdict.action is DependencyRuleAction.DENY:
                grants, selector, grant = decided
                text = f'{grants.build_file}: what {selector} {kind}: "{grant}"'
                return replace(verdict, rule=text, advice=grant.advice)
        return verdict

    def deciding(self, judged: _End, other: _End) -> tuple[GrantList, TargetGlob, Grant] | None:
        """Returns the list, the selector and the rule that decide, if any list names `judged`."""
        relpath = self._get_address_relpath(judged[0])
        grants = cast("GrantList | None", self.get_ruleset(*judged, relpath))
        if grants is None:
            return None
        grant = next(rule for rule in grants.rules if rule.match(*other, relpath))
        return grants, grants.selector(*judged, relpath), cast(Grant, grant)


class GrantListsRequest(BuildFileDependencyRulesImplementationRequest):
    """Asks for the class that reads the rules of BUILD files."""


@rule
def grant_lists(_: GrantListsRequest) -> BuildFileDependencyRulesImplementation:
    """Names this module's rules as the ones that Pants obeys."""
    return BuildFileDependencyRulesImplementation(GrantLists)


def rules() -> Iterable[Any]:
    """Returns what reads and judges the rules of BUILD files."""
    return (
        *collect_rules(),
        UnionRule(BuildFileDependencyRulesImplementationRequest, GrantListsRequest),
    )
