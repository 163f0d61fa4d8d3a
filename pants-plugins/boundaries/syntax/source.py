"""A Python file, read and ready for the rules."""

import ast
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from boundaries.syntax.configuration import Area, Configuration, Settings
from boundaries.syntax.names import Meanings, Names
from boundaries.syntax.scope import Scope
from boundaries.syntax.walk import AnySite, Node, Site, Walk, walk


class Unparsable(Exception):
    """The file is not Python; `line` and `column` count from 1."""

    def __init__(self, reason: str, line: int, column: int) -> None:
        super().__init__(reason)
        self.line = line
        self.column = column


class Assignment(NamedTuple):
    """A value that is given to names, attributes or items, by `=`, `:=` or as in `+=`."""

    node: ast.Assign | ast.AnnAssign | ast.NamedExpr | ast.AugAssign
    targets: Sequence[ast.expr]
    value: ast.expr
    scope: Scope


class Reference(NamedTuple):
    """An expression that reads a thing, and what that thing may be."""

    node: ast.expr
    meanings: Meanings
    site: AnySite


class Calling(NamedTuple):
    """A call, and what may be called."""

    node: ast.Call
    called: Meanings
    scope: Scope


@dataclass(frozen=True, slots=True)
class Source:
    """One file's syntax and what its names stand for, with the settings to judge it by."""

    path: str
    settings: Settings
    area: Area
    walk: Walk
    names: Names

    @property
    def configuration(self) -> Configuration:
        """The settings of the repository."""
        return self.settings.configuration

    def sites(self, *kinds: type[Node]) -> Iterator[Site[Node]]:
        """Yield the nodes of these kinds."""
        for kind in kinds:
            yield from self.walk.sites.get(kind, ())

    def references(self) -> Iterator[Reference]:
        """Yield each expression that reads a known thing."""
        for site in self.sites(ast.Name, ast.Attribute, ast.Subscript, ast.Call):
            if not isinstance(getattr(site.node, "ctx", None), ast.Store | ast.Del):
                meanings = self.names.meanings(site.node, site.scope)
                if meanings:
                    yield Reference(site.node, meanings, site)

    def calls(self) -> Iterator[Calling]:
        """Yield each call."""
        for node, scope, _ in self.sites(ast.Call):
            yield Calling(node, self.names.meanings(node.func, scope), scope)

    def assignments(self) -> Iterator[Assignment]:
        """Yield each assignment of a value."""
        for assign in self.sites(ast.Assign):
            yield Assignment(assign.node, assign.node.targets, assign.node.value, assign.scope)
        for declared in self.sites(ast.AnnAssign):
            if declared.node.value is not None:
                targets = [declared.node.target]
                yield Assignment(declared.node, targets, declared.node.value, declared.scope)
        for named in self.sites(ast.NamedExpr):
            yield Assignment(named.node, [named.node.target], named.node.value, named.scope)
        for added in self.sites(ast.AugAssign):
            yield Assignment(added.node, [added.node.target], added.node.value, added.scope)

    def text(self, node: ast.AST | None, scope: Scope) -> str | None:
        """Return the string that an expression of constants gives, else None."""
        text = self.names.constant(node, scope)
        return text if isinstance(text, str) else None


def parse(path: str, content: bytes, settings: Settings) -> Source:
    """Read a file.

    Raises Unparsable.
    """
    with warnings.catch_warnings():
        # A doubtful escape sequence is not this check's business.
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(content, path)
        except SyntaxError as error:
            raise Unparsable(error.msg, error.lineno or 1, max(error.offset or 1, 1)) from error
        except ValueError as error:
            raise Unparsable(str(error), 1, 1) from error
        except (RecursionError, MemoryError) as error:
            raise Unparsable("it is nested too deeply", 1, 1) from error
    found = walk(tree)
    area = settings.configuration.area(path)
    return Source(path=path, settings=settings, area=area, walk=found, names=Names(found.stars))
