"""No function of one's own with the name of a telemetry function."""

import ast
from collections.abc import Iterator

from boundaries.syntax.facade import means_emit
from boundaries.syntax.rule import OUTSIDE, Fault, Rule
from boundaries.syntax.scope import Binding, Kind, Scope
from boundaries.syntax.source import Source

_FUNCTION_MAKERS = frozenset(
    {
        *("functools.partial", "functools.partialmethod", "operator.methodcaller"),
        *("builtins.staticmethod", "builtins.classmethod", "types.MethodType"),
    }
)


def _check(source: Source) -> Iterator[Fault]:
    reserved = source.configuration.telemetry_function_names
    called = _called(source, reserved)
    for scope in source.walk.scopes:
        for name in reserved:
            for binding in scope.bindings.get(name, ()):
                if _is_function(source, binding, called):
                    yield _fault(binding.node, name)
    yield from _set_attributes(source, reserved)


def _called(source: Source, names: tuple[str, ...]) -> set[Binding]:
    """Return what gives one of these names to something that is called by it."""
    functions = ((call.node.func, call.scope) for call in source.calls())
    return {
        binding
        for function, scope in functions
        if isinstance(function, ast.Name) and function.id in names
        for binding in scope.lookup(function.id)
    }


def _is_function(source: Source, binding: Binding, called: set[Binding]) -> bool:
    if binding.kind is Kind.ASSIGNED:
        return binding in called or _makes_function(source, binding.value, binding.scope)
    return binding.kind in (Kind.FUNCTION, Kind.CLASS) or _renames(binding)


def _renames(binding: Binding) -> bool:
    node = binding.node
    return (
        isinstance(node, ast.alias)
        and node.asname is not None
        and node.asname != node.name.rpartition(".")[2]
    )


def _makes_function(source: Source, value: ast.expr | None, scope: Scope) -> bool:
    """Tell whether what is assigned is a function, as far as the code says so."""
    if isinstance(value, ast.Lambda):
        return True
    if isinstance(value, ast.Call):
        return bool(source.names.meanings(value.func, scope) & _FUNCTION_MAKERS)
    if isinstance(value, ast.Name):
        kinds = {binding.kind for binding in scope.lookup(value.id)}
        if kinds & {Kind.FUNCTION, Kind.CLASS}:
            return True
    return means_emit(source.names.meanings(value, scope), source.configuration)


def _set_attributes(source: Source, reserved: tuple[str, ...]) -> Iterator[Fault]:
    for node, targets, value, scope in source.assignments():
        names = {target.attr for target in targets if isinstance(target, ast.Attribute)}
        for name in names.intersection(reserved):
            if _makes_function(source, value, scope):
                yield _fault(node, name)
    for call, called, scope in source.calls():
        if "builtins.setattr" in called and len(call.args) == 3:
            name = source.text(call.args[1], scope) or ""
            if name in reserved and _makes_function(source, call.args[2], scope):
                yield _fault(call, name)


def _fault(node: ast.AST, name: str) -> Fault:
    return Fault(node, f"`{name}` is defined here, a telemetry function outside the façade.")


TELEMETRY_FUNCTION = Rule(
    id="telemetry-function",
    why="A local function for events is where free-form names and fields begin, and where the "
    "façade's checks end.",
    instead="Delete it and call the façade with a typed event. If it is about something else than "
    "telemetry, call it after that.",
    where=OUTSIDE,
    check=_check,
)
