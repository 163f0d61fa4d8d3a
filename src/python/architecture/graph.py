"""The parts of the repository, what each may know, and what it does know."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

Edges = Mapping[str, frozenset[str]]


class CircleError(Exception):
    """Parts know each other in a circle; the text names them."""


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Parts by name, a sentence about each, and the edges between them.

    `allowed` is what the rules grant; `imported` is what the code imports; `given` is what BUILD
    files name besides: data that is read, a program that is started. Libraries by their names.
    """

    purposes: Mapping[str, str]
    allowed: Edges
    imported: Edges
    given: Edges
    libraries_allowed: Edges
    libraries_used: Edges

    @cached_property
    def used(self) -> Edges:
        """What each part imports or is given."""
        return {part: self.imported[part] | self.given[part] for part in self.purposes}

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The parts, from the top down: each is above all that it uses.

        Raises CircleError.
        """
        waiting = set(self.purposes)
        rows: list[list[str]] = []
        while waiting:
            row = sorted(part for part in waiting if not self._is_used_by(waiting, part))
            if not row:
                raise CircleError(f"these use each other in a circle: {', '.join(sorted(waiting))}")
            rows.append(row)
            waiting -= set(row)
        return tuple(part for row in rows for part in row)

    @cached_property
    def direct(self) -> Edges:
        """What is used, without what is also reached through another part."""
        return {
            part: ends.difference(*(self._reached(via) for via in ends))
            for part, ends in self.used.items()
        }

    def unused(self, part: str) -> frozenset[str]:
        """Return what the rules grant to a part without need."""
        return self.allowed[part] - self.used[part]

    def denied(self, part: str) -> frozenset[str]:
        """Return what a part uses without a grant: what `./pants lint ::` reports."""
        return self.used[part] - self.allowed[part]

    def _reached(self, part: str) -> frozenset[str]:
        below = self.used[part]
        return below.union(*map(self._reached, below))

    def _is_used_by(self, users: Iterable[str], part: str) -> bool:
        return any(part in self.used[user] for user in users)
