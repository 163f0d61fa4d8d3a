"""`./pants lint`: every violation of every target, in one report."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.backend.python.target_types import PythonSourceField
from pants.core.goals.lint import LintResult, LintTargetsRequest
from pants.core.util_rules.partitions import Partitions
from pants.engine.addresses import Address, Addresses
from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.fs import EMPTY_DIGEST, CreateDigest, Digest, FileContent
from pants.engine.rules import Get, MultiGet, collect_rules, rule
from pants.engine.target import Targets

from boundaries.checks import DirectRequest, Findings, HiddenCode
from boundaries.findings import Finding, as_text
from boundaries.leak_checks import Leaks
from boundaries.sarif import as_sarif
from boundaries.subsystem import Boundaries, ReportFormat
from boundaries.syntax_checks import SyntaxRequest
from boundaries.validation import BoundedFieldSet

REPORT = "boundaries.sarif"


@dataclass(frozen=True)
class Scope(EngineAwareParameter):
    """The targets to report on, kept together so that there is one report."""

    addresses: tuple[Address, ...]

    def __str__(self) -> str:
        return "the targets given"


class BoundariesRequest(LintTargetsRequest):
    """Asks for the violations of the targets given."""

    field_set_type = BoundedFieldSet
    tool_subsystem = Boundaries


@rule
async def one_partition(
    request: BoundariesRequest.PartitionRequest[BoundedFieldSet], boundaries: Boundaries
) -> Partitions[Scope, Any]:
    """Takes all targets at once: a leak may lead through any of them."""
    if boundaries.skip or not request.field_sets:
        return Partitions()
    addresses = tuple(field_set.address for field_set in request.field_sets)
    return Partitions.single_partition([Scope(addresses)])


@rule(desc="Lint with boundaries")
async def lint_boundaries(
    request: BoundariesRequest.Batch[Scope, Any], boundaries: Boundaries
) -> LintResult:
    """Joins the findings of all checks."""
    addresses = list(itertools.chain.from_iterable(each.addresses for each in request.elements))
    targets = await Get(Targets, Addresses(addresses))
    sources = [t[PythonSourceField] for t in targets if t.has_field(PythonSourceField)]
    direct = await MultiGet(Get(Findings, DirectRequest(address)) for address in addresses)
    syntax = await MultiGet(Get(Findings, SyntaxRequest(source)) for source in sources)
    leaks, hidden = await MultiGet(Get(Leaks), Get(HiddenCode))
    asked = set(addresses)
    findings = _without_repeats(
        *(finding for address, finding in hidden.findings.items() if address in asked),
        *itertools.chain.from_iterable(each.findings for each in (*direct, *syntax)),
        *(leak.finding for leak in leaks.leaks if not asked.isdisjoint(leak.chain)),
    )
    report = EMPTY_DIGEST
    if boundaries.format is ReportFormat.SARIF:
        report = await Get(Digest, CreateDigest([FileContent(REPORT, as_sarif(findings))]))
    text = as_text(findings)
    if text and boundaries.documentation:
        text += f". Rules and reasons: {boundaries.documentation}"
    return LintResult(
        exit_code=1 if findings else 0,
        stdout=text,
        stderr="",
        linter_name=request.tool_name,
        report=report,
    )


def _without_repeats(*findings: Finding) -> list[Finding]:
    """Returns one finding for each place and rule: code of two resolves is found once for each."""
    return list({(each.place, each.rule): each for each in sorted(findings, reverse=True)}.values())


def rules() -> Iterable[Any]:
    """Returns what `./pants lint` runs."""
    return (*collect_rules(), *BoundariesRequest.rules())
