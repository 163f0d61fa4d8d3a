"""A comparison as text for people and as JSON for programs."""

import json
from collections.abc import Iterator
from itertools import groupby

from registry.evolution.change import Change, Comparison
from registry.evolution.kinds import Level


def as_text(comparison: Comparison) -> str:
    """Return the changes grouped by what they ask for, the gravest first."""
    return "\n".join(_text(comparison)) + "\n"


def as_json(comparison: Comparison) -> str:
    """Return one JSON object that holds everything known of the comparison."""
    report = {
        "previous": comparison.previous,
        "current": comparison.current,
        "readers": comparison.readers.word,
        "writers": comparison.writers.word,
        "refused": comparison.refused,
        "changes": [
            {
                "kind": change.kind.id,
                "readers": change.kind.value.readers.word,
                "writers": change.kind.value.writers.word,
                "subject": change.subject,
                "file": change.file,
                "pointer": change.pointer,
                "before": change.before,
                "after": change.after,
                "sentence": change.sentence,
                "advice": change.kind.value.advice,
            }
            for change in comparison.changes
        ],
    }
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def _text(comparison: Comparison) -> Iterator[str]:
    yield (
        f"Contracts {comparison.previous} -> {comparison.current}: "
        f"{comparison.readers.word} for readers, {comparison.writers.word} for writers."
        if comparison.changes
        else f"Contracts {comparison.previous} -> {comparison.current}: no change."
    )
    for level, changes in groupby(comparison.changes, key=lambda change: change.kind.level):
        yield f"\n{level.word.upper()}"
        for (_, subject), own in groupby(changes, key=lambda change: (change.file, change.subject)):
            yield f"  {subject}"
            for change in own:
                yield from _lines(change)
    if comparison.refused:
        yield "\nRefused: this needs a new major schema_version, or the breaking changes undone."


def _lines(change: Change) -> Iterator[str]:
    yield f"    {change.sentence}"
    yield f"      {change.kind.id}{_for_whom(change)}, {change.file}#{change.pointer}"
    yield f"      {change.kind.value.advice}"


def _for_whom(change: Change) -> str:
    rule = change.kind.value
    sides = (("readers", rule.readers), ("writers", rule.writers))
    broken = " and ".join(name for name, level in sides if level is Level.BREAKING)
    return f" (breaking for {broken})" if broken else ""
