"""The dependency rules, applied to a target: one finding for each line that breaks one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.backend.python.target_types import PythonSourceField
from pants.engine.addresses import Address, Addresses
from pants.engine.internals.dep_rules import DependencyRuleApplication
from pants.engine.rules import Get, collect_rules, rule
from pants.engine.target import (
    AllTargets,
    DependenciesRuleApplication,
    DependenciesRuleApplicationRequest,
    SingleSourceField,
    Target,
)
from pants.util.frozendict import FrozenDict

from boundaries.edges import Edge, Edges, EdgesRequest
from boundaries.findings import Finding, Place
from boundaries.grants import Verdict, is_denied
from boundaries.subsystem import Boundaries

DENIED = "denied-dependency"
UNKNOWN = "unknown-import"
UNGRANTED = "ungranted-code"
HIDDEN = "hidden-code"


@dataclass(frozen=True)
class Findings:
    """What was found, in no order."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class HiddenCode:
    """What is said of each target whose file is Python and whose type is not."""

    findings: FrozenDict[Address, Finding]


@dataclass(frozen=True)
class DirectRequest:
    """Asks for the violations of one target's own dependencies.

    `seen_by_pants` are dependencies that count even if nothing in the code was found to bring them.
    """

    address: Address
    seen_by_pants: tuple[Address, ...] = ()


@rule
async def direct_findings(request: DirectRequest, boundaries: Boundaries) -> Findings:
    """Judges each dependency of a target."""
    found = await Get(Edges, EdgesRequest(request.address))
    known = {edge.dependency for edge in found.edges}
    more = tuple(
        Edge(address, Place(_file(request.address)), f"needs {address}")
        for address in request.seen_by_pants
        if address not in known
    )
    edges = found.edges + more
    application = await Get(
        DependenciesRuleApplication,
        DependenciesRuleApplicationRequest(
            request.address,
            Addresses(sorted({request.address, *(edge.dependency for edge in edges)})),
            description_of_origin="boundaries",
        ),
    )
    verdicts = application.dependencies_rule
    findings = [found.unreadable] if found.unreadable and not boundaries.syntax else []
    findings += [_unknown(each.module, each.place) for each in found.unknown if each.is_statement]
    own = verdicts.get(request.address)
    if isinstance(own, Verdict) and not own.granted and request.address.is_file_target:
        findings.append(_ungranted(request.address, own, boundaries.ungranted_advice))
    else:
        told = {(e.place.path, e.place.line, e.dependency): e for e in reversed(edges)}
        findings += filter(None, (_denied(e, verdicts[e.dependency]) for e in told.values()))
    return Findings(tuple(findings))


def _file(address: Address) -> str:
    return address.filename if address.is_file_target else address.spec_path


def _denied(edge: Edge, verdict: DependencyRuleApplication) -> Finding | None:
    if not is_denied(verdict):
        return None
    spec = str(edge.dependency)
    deed = edge.deed if edge.deed.endswith(spec) else f"{edge.deed}, that is {spec}"
    message = f"{deed}\nrule: {verdict.rule}"
    return Finding(edge.place, DENIED, message, verdict.advice or _advice(verdict))


def _advice(verdict: Verdict) -> str:
    build_file = verdict.rule.partition(":")[0]
    return f"Use what the rule grants, or grant more in {build_file} if the design is to change."


def _unknown(module: str, place: Place) -> Finding:
    return Finding(
        place,
        UNKNOWN,
        f"imports {module}, which neither this repository nor any of its requirements has",
        "Add what owns it to the requirements, and grant it to this code.",
    )


def _ungranted(address: Address, verdict: Verdict, advice: str) -> Finding:
    message = f"no rule names {address}, and what no rule names may depend on nothing"
    return Finding(Place(_file(address)), UNGRANTED, f"{message}\nrule: {verdict.rule}", advice)


@rule
async def hidden_code(targets: AllTargets) -> HiddenCode:
    """Finds Python files that BUILD files call data, and nothing else owns as code."""
    sources = {t: t[SingleSourceField].file_path for t in targets if t.has_field(SingleSourceField)}
    code = {path for target, path in sources.items() if target.has_field(PythonSourceField)}
    return HiddenCode(
        FrozenDict(
            {
                target.address: _hidden(target, path)
                for target, path in sources.items()
                if path.endswith((".py", ".pyi")) and path not in code
            }
        )
    )


def _hidden(target: Target, path: str) -> Finding:
    message = f"{target.address} is a `{target.alias}` to Pants, and so no check of code reads it"
    advice = (
        "Own the file with `python_sources`; data that must look like code needs another suffix."
    )
    return Finding(Place(path), HIDDEN, message, advice)


def rules() -> Iterable[Any]:
    """Returns what judges the dependencies of a target."""
    return collect_rules()
