"""The façade is reached by its import and plain attributes only."""

import ast
from collections.abc import Iterator

from boundaries.syntax.facade import is_within, means_facade
from boundaries.syntax.rule import PRODUCT, Fault, Rule
from boundaries.syntax.source import Source

_NAMESPACES = ("__dict__", "__getattribute__", "__getattr__", "__setattr__")


def _check(source: Source) -> Iterator[Fault]:
    for node, _, _ in source.sites(ast.ImportFrom):
        module = node.module if node.level == 0 else None
        own = is_within(module or "", source.configuration.facade_module)
        if own and node.names[0].name == "*":
            yield Fault(node, "All names of the façade are imported, and so re-exported.")
    yield from _uses(source)
    yield from _replacements(source)


def _uses(source: Source) -> Iterator[Fault]:
    configuration = source.configuration
    namespaces = {f"{configuration.facade_module}.{name}" for name in _NAMESPACES}
    for node, meanings, site in source.references():
        if isinstance(node, ast.Attribute) and meanings & namespaces:
            yield Fault(node, "The façade's names are reached through its namespace.")
        elif not means_facade(meanings, configuration):
            continue
        elif isinstance(node, ast.Call | ast.Subscript):
            yield Fault(node, "The façade is reached by its name in a string.")
        elif not isinstance(site.parent, ast.Attribute):
            yield Fault(node, "The façade itself is handed on, or kept under another name.")


def _replacements(source: Source) -> Iterator[Fault]:
    for node, targets, _, scope in source.assignments():
        for target in targets:
            if isinstance(target, ast.Attribute):
                owner = source.names.meanings(target.value, scope)
                if means_facade(owner, source.configuration):
                    yield Fault(node, f"The façade's `{target.attr}` is replaced.")


FACADE_ACCESS = Rule(
    id="facade-access",
    why="What is reached by a string, a namespace, a star or a module in a variable cannot be "
    "checked when the code is read, neither by these rules nor by people.",
    instead="Import the façade's module and write out each use of it, as its name, a dot and the "
    "function.",
    where=PRODUCT,
    check=_check,
)
