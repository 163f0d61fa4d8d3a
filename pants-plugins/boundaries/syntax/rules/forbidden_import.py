"""No telemetry library outside the façade, by whatever means it is imported."""

import ast
from collections.abc import Iterator
from itertools import islice

from boundaries.syntax.configuration import Area
from boundaries.syntax.facade import is_within
from boundaries.syntax.names import LOADERS
from boundaries.syntax.rule import OUTSIDE, Fault, Rule
from boundaries.syntax.source import Source

_IMPORTERS = LOADERS | {
    *("importlib.util.find_spec", "pkgutil.resolve_name", "runpy.run_module"),
    *("pytest.importorskip", "sys.modules.get"),
}


def _check(source: Source) -> Iterator[Fault]:
    forbidden = _forbidden(source)
    for node, modules in _imports(source):
        found = (name for name in modules for each in forbidden if is_within(name, each))
        for module in islice(found, 1):
            yield Fault(node, f"`{module}` is imported.")


def _forbidden(source: Source) -> tuple[str, ...]:
    configuration = source.configuration
    forbidden = configuration.forbidden_modules
    if source.area is not Area.FACADE:
        forbidden += configuration.facade_only_modules
    if source.area is Area.SERVICE:
        forbidden += configuration.service_forbidden_modules
    return forbidden


def _imports(source: Source) -> Iterator[tuple[ast.AST, list[str]]]:
    for statement, _, _ in source.sites(ast.Import):
        yield from ((alias, [alias.name]) for alias in statement.names)
    for start, _, _ in source.sites(ast.ImportFrom):
        if start.module and start.level == 0:
            # What is named after the `import` may be a module: `from google.cloud import logging`.
            yield start, [start.module, *(f"{start.module}.{alias.name}" for alias in start.names)]
    for call, called, scope in source.calls():
        if called & _IMPORTERS:
            yield call, [source.names.loaded_module(call, scope) or ""]
    for item, scope, _ in source.sites(ast.Subscript):
        if "sys.modules" in source.names.meanings(item.value, scope):
            yield item, [source.text(item.slice, scope) or ""]


FORBIDDEN_IMPORT = Rule(
    id="forbidden-import",
    why="Only the façade knows how events leave the process. A service that talks to a telemetry "
    "library itself writes lines that no contract describes and no id correlates.",
    instead="Tell what happened by a typed event through the façade. A further way out is a sink "
    "in the façade's folder of sinks.",
    where=(OUTSIDE | {Area.FACADE}) - {Area.PEER},
    check=_check,
)
