"""Which names a piece of code binds, and to what."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto


class Kind(Enum):
    """How a name came by its value."""

    IMPORT = auto()
    ASSIGNED = auto()
    FUNCTION = auto()
    CLASS = auto()
    PARAMETER = auto()
    LOOP = auto()
    """`value` is what the loop runs over."""
    OTHER = auto()


class Region(Enum):
    """What kind of code a scope belongs to."""

    MODULE = auto()
    CLASS = auto()
    FUNCTION = auto()
    COMPREHENSION = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One place that gives a name its value."""

    kind: Kind
    node: ast.AST
    scope: "Scope"
    """Where `node` and `value` stand."""
    value: ast.expr | None = None
    module: str | None = None
    """The dotted name that an import stands for."""


@dataclass(slots=True, eq=False)
class Scope:
    """The names that one module, class, function or comprehension binds, in whatever order."""

    region: Region
    owner: ast.AST
    parent: "Scope | None" = None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    elsewhere: dict[str, "Scope"] = field(default_factory=dict)
    """Names that `global` and `nonlocal` hand to another scope."""

    def bind(self, name: str, binding: Binding) -> None:
        """Add a place that binds `name`."""
        self.elsewhere.get(name, self).bindings.setdefault(name, []).append(binding)

    def lookup(self, name: str) -> list[Binding]:
        """Return all places that may have bound `name` as code in this scope sees it."""
        for scope in self._visible():
            if name in scope.bindings:
                return scope.bindings[name]
        return []

    def _visible(self) -> Iterator["Scope"]:
        yield self
        for scope in self.enclosing():
            if scope.region is not Region.CLASS:
                yield scope

    def enclosing(self) -> Iterator["Scope"]:
        """Yield the scopes around this one, from the inside out."""
        scope = self.parent
        while scope is not None:
            yield scope
            scope = scope.parent

    def outside_comprehensions(self) -> "Scope":
        """Return the scope that `:=` binds in."""
        scope = self
        while scope.region is Region.COMPREHENSION and scope.parent is not None:
            scope = scope.parent
        return scope

    def declare_global(self, name: str) -> None:
        """Let the module bind `name` from here on."""
        self.elsewhere[name] = [self, *self.enclosing()][-1]

    def declare_nonlocal(self, name: str) -> None:
        """Let the function around this one bind `name` from here on."""
        for scope in self.enclosing():
            if scope.region is Region.FUNCTION and name in scope.bindings:
                self.elsewhere[name] = scope
                return
