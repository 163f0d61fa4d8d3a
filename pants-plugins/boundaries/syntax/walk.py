"""One walk over a syntax tree: every node of interest with its scope and its parent."""

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from boundaries.syntax.scope import Binding, Kind, Region, Scope

Node = TypeVar("Node", bound=ast.AST, covariant=True)
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_KEPT = frozenset(
    {
        *(ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr),
        *(ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp, ast.Dict),
        *(ast.Constant, ast.JoinedStr, ast.ClassDef, ast.arguments),
    }
)


class Site(NamedTuple, Generic[Node]):
    """A node, the scope in which it stands, and the node around it.

    A keyword or a `*` between an argument and its call does not count as a node around it.
    """

    node: Node
    scope: Scope
    parent: ast.AST


AnySite = Site[ast.AST]


@dataclass(slots=True)
class Walk:
    """What one walk over a module found."""

    sites: dict[type[ast.AST], list[Site[Any]]] = field(default_factory=lambda: defaultdict(list))
    scopes: list[Scope] = field(default_factory=list)
    stars: list[str] = field(default_factory=list)
    """The modules of which all names are imported."""


def walk(tree: ast.Module) -> Walk:
    """Walk over a module, each statement before the next, with a stack of its own.

    Recursion would fail on a sum of a thousand terms.
    """
    module = Scope(Region.MODULE, tree)
    found = Walk(scopes=[module])
    stack: list[AnySite] = [Site(tree, module, tree)]
    while stack:
        site = stack.pop()
        kind = type(site.node)
        if kind in _KEPT:
            found.sites[kind].append(site)
        enter = _ENTER.get(kind, _enter_plain)
        stack.extend(reversed(list(enter(site, found))))
    return found


def _enter_plain(site: AnySite, found: Walk) -> Iterator[AnySite]:
    for child in ast.iter_child_nodes(site.node):
        yield Site(child, site.scope, site.node)


def _enter_transparent(site: AnySite, found: Walk) -> Iterator[AnySite]:
    for child in ast.iter_child_nodes(site.node):
        yield Site(child, site.scope, site.parent)


def _enter_function(site: AnySite, found: Walk) -> Iterator[AnySite]:
    node, scope, _ = site
    if not isinstance(node, _Function | ast.Lambda):
        return
    inner = _inner(Region.FUNCTION, site, found)
    for argument in _arguments(node.args):
        binding = Binding(kind=Kind.PARAMETER, node=argument, scope=inner)
        inner.bind(argument.arg, binding)
    yield Site(node.args, scope, node)
    if isinstance(node, ast.Lambda):
        yield Site(node.body, inner, node)
        return
    scope.bind(node.name, Binding(kind=Kind.FUNCTION, node=node, scope=scope))
    for child in (*node.decorator_list, *([node.returns] if node.returns else [])):
        yield Site(child, scope, node)
    for statement in node.body:
        yield Site(statement, inner, node)


def _arguments(arguments: ast.arguments) -> Iterator[ast.arg]:
    yield from (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    yield from (each for each in (arguments.vararg, arguments.kwarg) if each is not None)


def _enter_class(site: AnySite, found: Walk) -> Iterator[AnySite]:
    node, scope, _ = site
    if not isinstance(node, ast.ClassDef):
        return
    scope.bind(node.name, Binding(kind=Kind.CLASS, node=node, scope=scope))
    for child in (*node.decorator_list, *node.bases, *node.keywords):
        yield Site(child, scope, node)
    inner = _inner(Region.CLASS, site, found)
    for statement in node.body:
        yield Site(statement, inner, node)


def _enter_comprehension(site: AnySite, found: Walk) -> Iterator[AnySite]:
    node, scope, _ = site
    if not isinstance(node, _Comprehension):
        return
    inner = _inner(Region.COMPREHENSION, site, found)
    for number, generator in enumerate(node.generators):
        # Only the first is evaluated outside.
        outside = inner if number else scope
        _bind_target(generator.target, generator.iter, inner, Kind.LOOP)
        yield Site(generator.iter, outside, generator)
        for child in (generator.target, *generator.ifs):
            yield Site(child, inner, generator)
    results = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
    for result in results:
        yield Site(result, inner, node)


def _inner(region: Region, site: AnySite, found: Walk) -> Scope:
    inner = Scope(region, site.node, site.scope)
    found.scopes.append(inner)
    return inner


def _enter_binding(site: AnySite, found: Walk) -> Iterator[AnySite]:
    node, scope, _ = site
    if isinstance(node, ast.Assign):
        for target in node.targets:
            _bind_target(target, node.value, scope)
    elif isinstance(node, ast.AnnAssign):
        _bind_target(node.target, node.value, scope)
    elif isinstance(node, ast.NamedExpr):
        binding = Binding(kind=Kind.ASSIGNED, node=node.target, scope=scope, value=node.value)
        scope.outside_comprehensions().bind(node.target.id, binding)
    elif isinstance(node, ast.For | ast.AsyncFor):
        _bind_target(node.target, node.iter, scope, Kind.LOOP)
    elif isinstance(node, ast.AugAssign):
        _bind_target(node.target, None, scope)
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        _bind_target(node.optional_vars, None, scope)
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        scope.bind(node.name, Binding(kind=Kind.OTHER, node=node, scope=scope))
    elif isinstance(node, ast.MatchMapping) and node.rest:
        scope.bind(node.rest, Binding(kind=Kind.OTHER, node=node, scope=scope))
    yield from _enter_plain(site, found)


def _bind_target(
    target: ast.expr, value: ast.expr | None, scope: Scope, kind: Kind = Kind.ASSIGNED
) -> None:
    waiting = [(target, value)]
    while waiting:
        target, value = waiting.pop()
        if isinstance(target, ast.Name):
            known = Kind.OTHER if value is None else kind
            scope.bind(target.id, Binding(kind=known, node=target, scope=scope, value=value))
        elif isinstance(target, ast.Starred):
            waiting.append((target.value, None))
        elif isinstance(target, ast.Tuple | ast.List):
            waiting.extend(zip(target.elts, _parts(target, value, kind), strict=True))


def _parts(
    target: ast.Tuple | ast.List, value: ast.expr | None, kind: Kind
) -> list[ast.expr] | list[None]:
    """Return what each part of a tuple is given, where that can be read from the code."""
    if (
        kind is Kind.ASSIGNED
        and isinstance(value, ast.Tuple | ast.List)
        and len(value.elts) == len(target.elts)
        and not any(isinstance(each, ast.Starred) for each in (*value.elts, *target.elts))
    ):
        return value.elts
    return [None] * len(target.elts)


def _enter_import(site: AnySite, found: Walk) -> Iterator[AnySite]:
    node, scope, _ = site
    if isinstance(node, ast.Import):
        for alias in node.names:
            name, module = alias.asname, alias.name
            if name is None:
                name = module = alias.name.partition(".")[0]
            scope.bind(name, Binding(kind=Kind.IMPORT, node=alias, scope=scope, module=module))
    elif isinstance(node, ast.ImportFrom):
        start = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                found.stars.append(start)
                continue
            module = f"{start}.{alias.name}"
            binding = Binding(kind=Kind.IMPORT, node=alias, scope=scope, module=module)
            scope.bind(alias.asname or alias.name, binding)
    yield from ()


def _enter_declaration(site: AnySite, found: Walk) -> Iterator[AnySite]:
    if isinstance(site.node, ast.Global):
        for name in site.node.names:
            site.scope.declare_global(name)
    elif isinstance(site.node, ast.Nonlocal):
        for name in site.node.names:
            site.scope.declare_nonlocal(name)
    yield from ()


_ENTER: dict[type[ast.AST], Callable[[AnySite, Walk], Iterator[AnySite]]] = {
    **dict.fromkeys((ast.keyword, ast.Starred), _enter_transparent),
    **dict.fromkeys((ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda), _enter_function),
    ast.ClassDef: _enter_class,
    **dict.fromkeys(
        (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp), _enter_comprehension
    ),
    **dict.fromkeys((ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.AugAssign), _enter_binding),
    **dict.fromkeys((ast.For, ast.AsyncFor, ast.withitem, ast.ExceptHandler), _enter_binding),
    **dict.fromkeys((ast.MatchAs, ast.MatchStar, ast.MatchMapping), _enter_binding),
    **dict.fromkeys((ast.Import, ast.ImportFrom), _enter_import),
    **dict.fromkeys((ast.Global, ast.Nonlocal), _enter_declaration),
}
