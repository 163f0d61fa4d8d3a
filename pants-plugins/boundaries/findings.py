"""What a check has to say: where, which rule, why, and what to do instead."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from pants.util.strutil import pluralize


@dataclass(frozen=True, order=True)
class Place:
    """A line and column of a file, both counted from 1; the path is relative to the build root."""

    path: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, order=True)
class Finding:
    """One violation. `rule` is its short name; `message` may have several lines."""

    place: Place
    rule: str
    message: str
    advice: str

    def __str__(self) -> str:
        message = self.message.replace("\n", "\n  ")
        return f"{self.place}: {self.rule}\n  {message}\n  instead: {self.advice}"


def parse_findings(lines: str) -> tuple[Finding, ...]:
    """Reads what `python -m boundaries.syntax` prints; raises KeyError or ValueError on others."""
    return tuple(
        Finding(
            Place(told["path"], told["line"], told["column"]),
            told["rule"],
            told["message"],
            told["advice"],
        )
        for told in map(json.loads, lines.splitlines())
    )


def as_text(findings: Iterable[Finding]) -> str:
    """Returns the report that people read, in the order of files and lines."""
    told = sorted(set(findings))
    if not told:
        return ""
    return "\n\n".join([*map(str, told), pluralize(len(told), "violation")])
