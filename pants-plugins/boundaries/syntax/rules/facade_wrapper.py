"""Nobody hands the façade's function for events on under another name.

A wrapper is a function that gives the façade an event which its own caller chose: one of its
parameters, as it is. A function that builds the event which it emits is no wrapper.
"""

import ast
from collections.abc import Iterator

from boundaries.syntax.configuration import Area
from boundaries.syntax.facade import means_emit, means_facade
from boundaries.syntax.rule import OUTSIDE, Fault, Rule
from boundaries.syntax.scope import Binding, Kind, Region, Scope
from boundaries.syntax.source import Source
from boundaries.syntax.walk import AnySite

# They keep what they are given, for later and under another name.
_BINDERS = frozenset(
    {
        *("functools.partial", "functools.partialmethod", "builtins.setattr"),
        *("builtins.staticmethod", "builtins.classmethod", "types.MethodType"),
        *("builtins.dict", "types.SimpleNamespace", "dataclasses.field", "contextvars.ContextVar"),
    }
)
# What they return is one of their arguments, or its like.
_COPIERS = frozenset({"copy.copy", "copy.deepcopy", "dataclasses.replace", "typing.cast"})
_DEEPEST = 20


def _check(source: Source) -> Iterator[Fault]:
    yield from _renamed_imports(source)
    yield from _exports(source)
    yield from _other_names(source)
    yield from _forwarders(source)


def _renamed_imports(source: Source) -> Iterator[Fault]:
    configuration = source.configuration
    is_package = source.path.endswith(("/__init__.py", "/__init__.pyi"))
    for scope in source.walk.scopes:
        for name, bindings in scope.bindings.items():
            for binding in bindings:
                if binding.module is None or not isinstance(binding.node, ast.alias):
                    continue
                if not means_emit(frozenset({binding.module}), configuration):
                    continue
                exported = is_package and scope.region is Region.MODULE
                if binding.node.asname is not None or exported:
                    yield Fault(binding.node, f"The façade's function is re-exported as `{name}`.")


def _exports(source: Source) -> Iterator[Fault]:
    for _, targets, value, scope in source.assignments():
        if any(isinstance(each, ast.Name) and each.id == "__all__" for each in targets):
            for part in getattr(value, "elts", ()):
                name = source.text(part, scope) or ""
                meant = source.names.meanings(ast.Name(name, ast.Load()), scope)
                if means_facade(meant, source.configuration):
                    yield Fault(part, f"The façade is re-exported: `__all__` names `{name}`.")
                if means_emit(meant, source.configuration):
                    yield Fault(part, f"The façade's function is re-exported as `{name}`.")


def _other_names(source: Source) -> Iterator[Fault]:
    for node, meanings, site in source.references():
        if means_emit(meanings, source.configuration) and _kept(source, site):
            yield Fault(node, "The façade's function gets another name here, or is kept.")


def _kept(source: Source, site: AnySite) -> bool:
    """Tell whether `emit` is neither called here, nor asked about, nor given to a call."""
    node, scope, parent = site
    if isinstance(parent, ast.Call):
        called = source.names.meanings(parent.func, scope)
        return parent.func is not node and bool(called & _BINDERS)
    if isinstance(parent, ast.Attribute):
        return False  # what that stands for is looked at by itself
    return not isinstance(parent, ast.Compare | ast.Expr)


def _forwarders(source: Source) -> Iterator[Fault]:
    for call, called, scope in source.calls():
        if means_emit(called, source.configuration):
            for parameter in _forwarded(source, call, scope):
                owner = parameter.scope.owner
                if not _is_test(source, parameter.scope):
                    name = getattr(owner, "name", "a lambda")
                    yield Fault(owner, f"`{name}` hands its own parameter on to the façade.")


def _forwarded(source: Source, call: ast.Call, scope: Scope) -> Iterator[Binding]:
    """Yield the parameters that go to `emit` as the event, or as all of its arguments."""
    spread = [each.value for each in call.keywords if each.arg is None or not call.args]
    for argument in (*call.args[:1], *spread):
        yield from _parameters(argument, scope)
        if isinstance(argument, ast.Call):
            yield from _chosen(argument, scope)
            if source.names.meanings(argument.func, scope) & _COPIERS:
                for copied in argument.args:
                    yield from _parameters(copied, scope)


def _chosen(built: ast.Call, scope: Scope) -> Iterator[Binding]:
    """Yield the parameters by which a caller chooses the event's class and all of its fields.

    As in `emit(kind(**fields))` and `emit(getattr(events, name)(**fields))`; a method that builds
    the event is not chosen by the caller.
    """
    fields = [each.value for each in built.keywords if each.arg is None]
    fields += [each for each in built.args if isinstance(each, ast.Starred)]
    chosen = any(True for each in fields for _ in _parameters(each, scope))
    if chosen and not isinstance(built.func, ast.Attribute):
        for part in ast.walk(built.func):
            if isinstance(part, ast.Name):
                yield from _parameters(part, scope)


def _parameters(node: ast.expr | None, scope: Scope, depth: int = 0) -> Iterator[Binding]:
    """Yield the parameters that an expression is, unchanged."""
    if depth > _DEEPEST:
        return
    if isinstance(node, ast.Name):
        for binding in scope.lookup(node.id):
            if binding.kind is Kind.PARAMETER:
                yield binding
            elif binding.kind is Kind.ASSIGNED:
                yield from _parameters(binding.value, binding.scope, depth + 1)
            elif binding.kind is Kind.LOOP and isinstance(binding.value, ast.Name):
                yield from _variadic(binding.value.id, binding.scope)
        return
    for part in _same(node):
        yield from _parameters(part, scope, depth + 1)


def _same(node: ast.expr | None) -> list[ast.expr]:
    """Return the parts that an expression may be, as they are."""
    if isinstance(node, ast.Starred | ast.NamedExpr):
        return [node.value]
    if isinstance(node, ast.Tuple | ast.List):
        return node.elts[:1]
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        return [node.value] if isinstance(node.slice, ast.Constant) else []
    return []


def _variadic(name: str, scope: Scope) -> Iterator[Binding]:
    """Yield the parameter `*name`, over which a loop runs."""
    for binding in scope.lookup(name):
        arguments = getattr(binding.scope.owner, "args", None)
        if binding.kind is Kind.PARAMETER and getattr(arguments, "vararg", None) is binding.node:
            yield binding


def _is_test(source: Source, scope: Scope) -> bool:
    """Tell whether the function is a test, or is within one: nobody else can call it."""
    if source.area not in (Area.TEST, Area.PEER):
        return False
    owners = (each.owner for each in (scope, *scope.enclosing()))
    return any(getattr(owner, "name", "").startswith("test_") for owner in owners)


FACADE_WRAPPER = Rule(
    id="facade-wrapper",
    why="A second name for the façade's function is a second surface: whoever calls it is not seen "
    "by these rules, and sooner or later it adds fields or drops events.",
    instead="Build the typed event where it happens and give it to the façade's own function; a "
    "function that decides on an event may return it to its caller.",
    where=OUTSIDE,
    check=_check,
)
