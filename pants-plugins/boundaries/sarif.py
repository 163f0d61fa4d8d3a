"""The report as SARIF 2.1.0 (OASIS), which code hosts and editors show on the line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from boundaries.findings import Finding

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
ROOT = "BUILDROOT"


def as_sarif(findings: Iterable[Finding]) -> bytes:
    """Returns one SARIF log with one run, also if there is nothing to report."""
    told = sorted(set(findings))
    rules = sorted({finding.rule for finding in told})
    driver = {"name": "boundaries", "rules": [{"id": rule} for rule in rules]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
        "results": [_result(finding, rules.index(finding.rule)) for finding in told],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False).encode()


def _result(finding: Finding, rule_index: int) -> dict[str, Any]:
    place = finding.place
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": "error",
        "message": {"text": f"{finding.message}\ninstead: {finding.advice}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(place.path), "uriBaseId": ROOT},
                    "region": {"startLine": place.line, "startColumn": place.column},
                }
            }
        ],
    }
