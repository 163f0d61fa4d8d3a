"""Only the façade makes the ids that correlate events."""

import ast
import re
from collections.abc import Iterator

from boundaries.syntax.configuration import Area
from boundaries.syntax.names import Meanings
from boundaries.syntax.rule import OUTSIDE, Fault, Rule
from boundaries.syntax.scope import Kind, Scope
from boundaries.syntax.source import Source

_MAKER = re.compile(r"(?:.+\.)?uuid[1-8]")
_WRAPPERS = frozenset({"builtins.str", "builtins.repr", "builtins.format", "uuid.UUID"})
_SETTERS = frozenset({"builtins.setattr", "builtins.object.__setattr__"})
_ITEM_SETTERS = frozenset({"setdefault", "__setitem__"})
_DEEPEST = 20


def _check(source: Source) -> Iterator[Fault]:
    fields = frozenset(source.configuration.id_fields)
    for name, value, scope, node in _given(source):
        # A variable that is called after an id is told where it gets its value.
        told = isinstance(value, ast.Name) and _field(value.id) in fields
        if _field(name) in fields and not told and _is_made(source, value, scope):
            yield Fault(node, f"`{name}` gets an id that the façade did not make.")


def _field(name: str) -> str:
    """Return the field that a constant, a private attribute or the like is named after."""
    return name.lower().strip("_")


_Given = tuple[str, ast.expr, Scope, ast.AST]


def _given(source: Source) -> Iterator[_Given]:
    """Yield what is given to a name, whatever kind of name: the name, the value, and where."""
    yield from _assigned(source)
    yield from _arguments(source)
    yield from _defaults(source)
    for node, scope, _ in source.sites(ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            yield source.text(key, scope) or "", value, scope, value


def _assigned(source: Source) -> Iterator[_Given]:
    for node, targets, value, scope in source.assignments():
        for target in targets:
            for part, given in _pairs(target, value):
                yield _target_name(source, part, scope), given, scope, node


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        return list(zip(target.elts, value.elts, strict=False))
    return [(target, value)]


def _target_name(source: Source, target: ast.expr, scope: Scope) -> str:
    if isinstance(target, ast.Name):
        return target.id
    if isinstance(target, ast.Attribute):
        return target.attr
    if isinstance(target, ast.Subscript):
        return source.text(target.slice, scope) or ""
    return ""


def _arguments(source: Source) -> Iterator[_Given]:
    any_field = next(iter(source.configuration.id_fields), "")
    for call, called, scope in source.calls():
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        for keyword in call.keywords:
            yield keyword.arg or "", keyword.value, scope, keyword.value
        if method in source.configuration.id_setters:
            yield from ((any_field, value, scope, value) for value in call.args)
        if len(call.args) > 1 and (called & _SETTERS or method in _ITEM_SETTERS):
            name = source.text(call.args[-2], scope)
            yield name or "", call.args[-1], scope, call


def _defaults(source: Source) -> Iterator[_Given]:
    for node, scope, _ in source.sites(ast.arguments):
        positional = (*node.posonlyargs, *node.args)
        given = (
            *zip(reversed(positional), reversed(node.defaults), strict=False),
            *zip(node.kwonlyargs, node.kw_defaults, strict=True),
        )
        for argument, value in given:
            if value is not None:
                yield argument.arg, value, scope, value


def _is_made(source: Source, node: ast.expr | None, scope: Scope, depth: int = 0) -> bool:
    """Tell whether an expression gives a new id, in whatever form."""
    if node is None or depth > _DEEPEST:
        return False
    if isinstance(node, ast.Name):
        bindings = scope.lookup(node.id)
        return any(
            binding.kind is Kind.ASSIGNED
            and _is_made(source, binding.value, binding.scope, depth + 1)
            for binding in bindings[:_DEEPEST]
        )
    if isinstance(node, ast.Call) and _calls_maker(source, node, scope):
        return True
    return any(_is_made(source, part, scope, depth + 1) for part in _parts(source, node, scope))


def _calls_maker(source: Source, call: ast.Call, scope: Scope) -> bool:
    """Tell a call that makes an id, or a field's declaration by which each object gets one."""
    if _makers(source.names.meanings(call.func, scope)):
        return True
    for keyword in call.keywords:
        if keyword.arg in ("default_factory", "factory"):
            value = keyword.value
            if isinstance(value, ast.Lambda):
                return _is_made(source, value.body, scope, 1)
            return _makers(source.names.meanings(value, scope))
    return False


def _makers(meanings: Meanings) -> bool:
    return any(_MAKER.fullmatch(name) for name in meanings)


def _parts(source: Source, node: ast.expr, scope: Scope) -> list[ast.expr]:
    """Return the parts that an expression passes on as its own value, if in another form."""
    if isinstance(node, ast.Attribute | ast.Subscript | ast.FormattedValue | ast.NamedExpr):
        return [node.value]
    if isinstance(node, ast.BoolOp | ast.JoinedStr):
        return node.values
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.Call):
        if source.names.meanings(node.func, scope) & _WRAPPERS:
            return [*node.args, *(keyword.value for keyword in node.keywords)]
        return [node.func.value] if isinstance(node.func, ast.Attribute) else []
    return []


HANDMADE_ID = Rule(
    id="handmade-id",
    why="Ids of one kind and form are what joins a request to its jobs, runs and layers; ids of "
    "another kind do not sort by time, or are refused further on.",
    instead="Take the id from the context, or let the façade make a new one.",
    where=OUTSIDE - {Area.PEER},
    check=_check,
)
