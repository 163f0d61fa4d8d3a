"""Nobody sets up logging: no formatter, no handler, no configuration."""

import ast
from collections.abc import Iterator

from boundaries.syntax.configuration import Area
from boundaries.syntax.names import Meanings
from boundaries.syntax.rule import OUTSIDE, Fault, Rule
from boundaries.syntax.scope import Scope
from boundaries.syntax.source import Source

_CALLS = frozenset(
    {
        *("logging.basicConfig", "logging.setLoggerClass", "logging.setLogRecordFactory"),
        *("logging.config.dictConfig", "logging.config.fileConfig", "logging.config.listen"),
    }
)
_CLASS_MAKERS = frozenset({"builtins.type", "types.new_class", "functools.partial"})


def _check(source: Source) -> Iterator[Fault]:
    yield from _calls(source)
    for made, scope, _ in source.sites(ast.ClassDef):
        for name in sorted(_output_classes(source, made.bases, scope)):
            yield Fault(made, f"`{made.name}` is a subclass of `{name}`.")
    for display, scope, _ in source.sites(ast.Dict):
        if _configures(source, display, scope):
            yield Fault(display, "A dict has the form of a configuration for `logging.config`.")


def _calls(source: Source) -> Iterator[Fault]:
    for call, called, scope in source.calls():
        for name in sorted(called):
            if name in _CALLS:
                yield Fault(call, f"`{name}` sets up logging.")
            elif _is_output_class(name):
                yield Fault(call, f"A `{name}` is made.")
        if called & _CLASS_MAKERS:
            for name in sorted(_output_classes(source, call.args, scope)):
                yield Fault(call, f"A class or function is made from `{name}`.")


def _output_classes(source: Source, nodes: list[ast.expr], scope: Scope) -> Meanings:
    found: set[str] = set()
    for node in nodes:
        for part in ast.walk(node):
            found |= source.names.meanings(part, scope)
    return frozenset(filter(_is_output_class, found))


def _is_output_class(name: str) -> bool:
    """Tell whether it is a formatter or handler of `logging`, or one of a library's for it."""
    *modules, last = name.split(".")
    return "logging" in modules and last.endswith(("Handler", "Formatter"))


def _configures(source: Source, node: ast.Dict, scope: Scope) -> bool:
    keys = {source.names.constant(key, scope) for key in node.keys}
    return "version" in keys and bool(keys & {"handlers", "formatters"})


LOGGING_SETUP = Rule(
    id="logging-setup",
    why="A formatter or handler of one's own is a second way out of the process, with a form of "
    "its own: what reads the lines cannot validate or correlate them.",
    instead="Leave logging alone and emit a typed event. A further way out is a sink in the "
    "façade's folder of sinks.",
    where=OUTSIDE - {Area.PEER},
    check=_check,
)
