"""A place in the contracts, at which changes are found."""

from dataclasses import dataclass, replace
from typing import Any

from registry.evolution.change import Change
from registry.evolution.kinds import Kind
from registry.evolution.rules import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a change is, and whether its readers tolerate fields that they do not know."""

    subject: str
    file: str
    tolerant: bool
    pointer: str = ""

    def at(self, *steps: str) -> "Place":
        """Return the place below this one."""
        escaped = (step.replace("~", "~0").replace("/", "~1") for step in steps)
        return replace(self, pointer=self.pointer + "".join(f"/{step}" for step in escaped))

    def field(self, name: str, *nodes: Node) -> "Place":
        """Return the place of a field, given as it was and is; its rules may fill a file."""
        files = {node.file for node in nodes}
        own = files.pop() if len(files) == 1 else None
        if own is not None:
            return replace(self, file=own, pointer="")
        return self.at("properties", name)

    def change(self, kind: Kind, before: Any = None, after: Any = None) -> Change:
        """Return a change at this place."""
        return Change(
            kind=kind,
            subject=self.subject,
            file=self.file,
            pointer=self.pointer,
            before="nothing" if before is None else str(before),
            after="nothing" if after is None else str(after),
        )
