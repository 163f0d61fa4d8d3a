"""A change between two contract sets, and all of them together."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from registry.evolution.kinds import Kind, Level, Rule

REFUSED = (Kind.VERSION_NEEDS_MAJOR, Kind.VERSION_LOWERED)
VERSION = (*REFUSED, Kind.VERSION_NEEDS_MINOR, Kind.VERSION_RAISED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference.

    `file` is relative to the contract set and `pointer` a JSON Pointer (RFC 6901) into it, as if
    every `$ref` to a shared definition were written out. `before` and `after` are for people.
    """

    kind: Kind
    subject: str
    file: str
    pointer: str
    before: str = "nothing"
    after: str = "nothing"

    @property
    def sentence(self) -> str:
        """What changed, in one sentence."""
        return self.kind.value.sentence.format(
            place=spoken(self.pointer), before=self.before, after=self.after
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Every change from one version of the contracts to another."""

    previous: str
    current: str
    changes: tuple[Change, ...]

    @property
    def readers(self) -> Level:
        """The gravest level for those who read lines and messages."""
        return max((rule.readers for rule in self._rules()), default=Level.PATCH)

    @property
    def writers(self) -> Level:
        """The gravest level for those who write them."""
        return max((rule.writers for rule in self._rules()), default=Level.PATCH)

    @property
    def refused(self) -> bool:
        """Whether something breaks without a new major version."""
        return any(change.kind in REFUSED for change in self.changes)

    def _rules(self) -> Iterator[Rule]:
        """Give the rule of every change but that of the version, which breaks nobody itself."""
        return (change.kind.value for change in self.changes if change.kind not in VERSION)


def spoken(pointer: str) -> str:
    """Return the field that a schema pointer is about: /properties/a/items/maximum is a[]."""
    steps = iter(pointer.split("/")[1:])
    path = ""
    for step in steps:
        if step == "properties":
            path += "." + next(steps, "").replace("~1", "/").replace("~0", "~")
        elif step == "items":
            path += "[]"
    return re.sub(r"^\.", "", path) or "the whole object"
