"""Only the façade puts an envelope together."""

import ast
from collections import defaultdict
from collections.abc import Iterator

from boundaries.syntax.rule import PRODUCT, Fault, Rule
from boundaries.syntax.scope import Scope
from boundaries.syntax.source import Assignment, Source
from boundaries.syntax.walk import AnySite, Site

_NO_KEYS: frozenset[str] = frozenset()
_DEEPEST = 20
_Variable = tuple[int, str]


def _check(source: Source) -> Iterator[Fault]:
    if source.configuration.writes_envelopes(source.path):
        return
    envelope = frozenset(source.configuration.envelope_keys)
    variables = _Variables(source)
    for node, scope, _ in source.sites(ast.Dict, ast.Call, ast.BinOp):
        if envelope <= variables.keys(node, scope):
            yield Fault(node, "An envelope is built by hand, as a dict.")
    for step in variables.completed(envelope):
        yield Fault(step, "An envelope is built by hand, step by step.")


class _Variables:
    """The keys that each variable's dict is given in a module, in whatever order."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._steps: dict[_Variable, list[tuple[ast.AST, frozenset[str]]]] = defaultdict(list)
        self._starts: dict[_Variable, frozenset[str]] = defaultdict(frozenset)
        for assignment in source.assignments():
            self._note_assignment(assignment)
        for item in source.sites(ast.Subscript):
            if isinstance(item.node.ctx, ast.Store):
                self._note(item.node.value, item, self._constant(item.node.slice, item.scope))
        for call in source.sites(ast.Call):
            self._note_update(call)

    def completed(self, envelope: frozenset[str]) -> Iterator[ast.AST]:
        """Yield the step that completes an envelope, for each variable that becomes one."""
        for variable, steps in self._steps.items():
            gathered = self._starts[variable]
            for node, keys in steps:
                complete = envelope <= gathered
                gathered |= keys
                if envelope <= gathered and not complete:
                    yield node

    def keys(self, node: ast.expr | None, scope: Scope, depth: int = 0) -> frozenset[str]:
        """Return the constant keys of the dict that an expression gives."""
        deeper = depth + 1
        if depth > _DEEPEST:
            return _NO_KEYS
        if isinstance(node, ast.Dict):
            return self._of_display(node, scope, deeper)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self.keys(node.left, scope, deeper) | self.keys(node.right, scope, deeper)
        if isinstance(node, ast.Name | ast.Attribute):
            variable = _variable(node, scope)
            return self._starts.get(variable, _NO_KEYS) if variable else _NO_KEYS
        if isinstance(node, ast.Call):
            called = self._source.names.meanings(node.func, scope)
            return (
                self._of_arguments(node, scope, deeper) if "builtins.dict" in called else _NO_KEYS
            )
        return _NO_KEYS

    def _of_display(self, node: ast.Dict, scope: Scope, depth: int) -> frozenset[str]:
        found = _NO_KEYS
        for key, value in zip(node.keys, node.values, strict=True):
            spread = key is None
            found |= self.keys(value, scope, depth) if spread else self._constant(key, scope)
        return found

    def _of_arguments(self, node: ast.Call, scope: Scope, depth: int) -> frozenset[str]:
        found = frozenset(each.arg for each in node.keywords if each.arg is not None)
        for spread in (each.value for each in node.keywords if each.arg is None):
            found |= self.keys(spread, scope, depth)
        for argument in node.args[:1]:
            found |= self.keys(argument, scope, depth)
            for pair in getattr(argument, "elts", ()):
                found |= self._constant(next(iter(getattr(pair, "elts", ())), None), scope)
        return found

    def _constant(self, node: ast.expr | None, scope: Scope) -> frozenset[str]:
        text = self._source.names.constant(node, scope)
        return frozenset({text}) if isinstance(text, str) else _NO_KEYS

    def _note_assignment(self, assignment: Assignment) -> None:
        keys = self.keys(assignment.value, assignment.scope)
        for target in assignment.targets:
            if isinstance(assignment.node, ast.AugAssign):
                self._note(target, Site(assignment.node, assignment.scope, assignment.node), keys)
            elif keys and (variable := _variable(target, assignment.scope)) is not None:
                self._starts[variable] |= keys

    def _note_update(self, call: Site[ast.Call]) -> None:
        node, scope, _ = call
        method = node.func
        if isinstance(method, ast.Attribute) and method.attr == "update":
            self._note(method.value, call, self._of_arguments(node, scope, 0))
        elif isinstance(method, ast.Attribute) and method.attr in ("setdefault", "__setitem__"):
            first = node.args[0] if node.args else None
            self._note(method.value, call, self._constant(first, scope))

    def _note(self, target: ast.expr, step: AnySite, keys: frozenset[str]) -> None:
        if keys and (variable := _variable(target, step.scope)) is not None:
            self._steps[variable].append((step.node, keys))


def _variable(node: ast.expr, scope: Scope) -> _Variable | None:
    """Return the same for the same variable of one scope, also for `self.x`; None for others."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    bindings = scope.lookup(node.id)
    return (id(bindings[0].scope) if bindings else 0, ".".join([node.id, *reversed(parts)]))


HANDMADE_ENVELOPE = Rule(
    id="handmade-envelope",
    why="An envelope that was built by hand is not validated, and goes out of date with the first "
    "change of the contract.",
    instead="Give the façade a typed event and a context: it builds the envelope.",
    where=PRODUCT,
    check=_check,
)
