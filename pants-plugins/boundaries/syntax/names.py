"""Says what an expression stands for, whatever it is called where it stands.

Imports under another name, assignments, star imports, `getattr` with a constant name,
`sys.modules`, `vars`, `__dict__` and modules that a call imports are all seen through. What depends
on the order of execution is not followed: a name stands for all that its scope ever gives it.
"""

import ast
import builtins
from collections.abc import Iterable, Sequence

from boundaries.syntax.scope import Kind, Scope

Meanings = frozenset[str]
NONE: Meanings = frozenset()

# Bounds for hostile code: what is nested more deeply, or may be more things, is not followed.
_DEEPEST = 40
_MOST = 16
_LONGEST = 300

LOADERS = frozenset({"importlib.import_module", "importlib.__import__", "builtins.__import__"})
"""They return the module whose name is their first argument."""

ATTRIBUTE_READERS = frozenset({"builtins.getattr", "inspect.getattr_static"})
"""They return the attribute of their first argument that their second one names."""

_NAMESPACES = frozenset({"builtins.globals", "builtins.locals", "builtins.vars"})


class Names:
    """The meanings of one module's expressions, as dotted names such as `os.path.join`."""

    def __init__(self, stars: Sequence[str]) -> None:
        self._stars = stars
        self._meanings: dict[tuple[int, str], Meanings] = {}
        self._constants: dict[tuple[int, str], str | int | None] = {}

    def meanings(self, node: ast.AST | None, scope: Scope, depth: int = 0) -> Meanings:
        """Return all that an expression may stand for; nothing if that cannot be told."""
        if depth > _DEEPEST:
            return NONE
        deeper = depth + 1
        if isinstance(node, ast.Name):
            return self._of_name(node.id, scope, deeper)
        if isinstance(node, ast.Attribute):
            return attributes(self.meanings(node.value, scope, deeper), node.attr)
        if isinstance(node, ast.Subscript):
            key = self.constant(node.slice, scope)
            return self._of_key(node.value, key, scope, deeper) if isinstance(key, str) else NONE
        if isinstance(node, ast.Call):
            return self._of_call(node, scope, deeper)
        if isinstance(node, ast.NamedExpr):
            return self.meanings(node.value, scope, deeper)
        if isinstance(node, ast.IfExp):
            return self._of_any((node.body, node.orelse), scope, deeper)
        if isinstance(node, ast.BoolOp):
            return self._of_any(node.values, scope, deeper)
        return NONE

    def constant(self, node: ast.AST | None, scope: Scope, depth: int = 0) -> str | int | None:
        """Return the string or whole number that an expression of constants gives, else None."""
        if depth > _DEEPEST:
            return None
        deeper = depth + 1
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str | int) else None
        if isinstance(node, ast.Name):
            return self._constant_of_name(node.id, scope, deeper)
        if isinstance(node, ast.JoinedStr):
            return self._joined(node.values, "", scope, deeper)
        if isinstance(node, ast.FormattedValue):
            plain = node.format_spec is None and node.conversion in (-1, ord("s"))
            return self.constant(node.value, scope, deeper) if plain else None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._joined(_terms(node), "", scope, deeper)
        if isinstance(node, ast.Call):
            return self._constant_of_join(node, scope, deeper)
        return None

    def _of_any(self, nodes: Iterable[ast.expr], scope: Scope, depth: int) -> Meanings:
        found: Meanings = NONE.union(*(self.meanings(node, scope, depth) for node in nodes))
        return found if len(found) <= _MOST else NONE

    def _of_name(self, name: str, scope: Scope, depth: int) -> Meanings:
        key = (id(scope), name)
        if key not in self._meanings:
            self._meanings[key] = NONE  # a name may be given its own value
            self._meanings[key] = self._looked_up(name, scope, depth)
        return self._meanings[key]

    def _looked_up(self, name: str, scope: Scope, depth: int) -> Meanings:
        bindings = scope.lookup(name)
        if not bindings:
            stars = frozenset(f"{module}.{name}" for module in self._stars)
            own = {"builtins"} if name == "__builtins__" else {f"builtins.{name}"}
            return stars | own if hasattr(builtins, name) or name == "__builtins__" else stars
        found: set[str] = set()
        for binding in bindings[:_MOST]:
            if binding.module is not None:
                found.add(binding.module)
            elif binding.kind is Kind.ASSIGNED:
                found |= self.meanings(binding.value, binding.scope, depth)
        return frozenset(found) if len(found) <= _MOST else NONE

    def _of_key(self, base: ast.AST, key: str, scope: Scope, depth: int) -> Meanings:
        """Return what `base[key]` stands for."""
        if isinstance(base, ast.Call) and not base.args and not base.keywords:
            called = self.meanings(base.func, scope, depth)
            return self._of_name(key, scope, depth) if called & _NAMESPACES else NONE
        return _members(self.meanings(base, scope, depth), key)

    def _of_call(self, node: ast.Call, scope: Scope, depth: int) -> Meanings:
        function, first = node.func, _argument(node, 0)
        if isinstance(function, ast.Attribute) and function.attr in ("get", "__getitem__"):
            key = self.constant(first, scope)
            return self._of_key(function.value, key, scope, depth) if isinstance(key, str) else NONE
        if isinstance(function, ast.Attribute) and function.attr == "__getattribute__":
            number = len(node.args) - 1  # the second one if it is called on a class
            own = self.meanings(first if number else function.value, scope, depth)
            return self._attribute(own, _argument(node, number), scope)
        if isinstance(function, ast.Call):
            reader = self.meanings(function.func, scope, depth)
            if "operator.attrgetter" in reader:
                own = self.meanings(first, scope, depth)
                return self._attribute(own, _argument(function, 0), scope)
        called = self.meanings(function, scope, depth)
        if called & ATTRIBUTE_READERS:
            own = self.meanings(first, scope, depth)
            return self._attribute(own, _argument(node, 1), scope)
        if "builtins.vars" in called:
            return attributes(self.meanings(first, scope, depth), "__dict__")
        if called & LOADERS:
            return self._loaded(node, scope)
        return NONE

    def _attribute(self, own: Meanings, name: ast.AST | None, scope: Scope) -> Meanings:
        text = self.constant(name, scope)
        return attributes(own, text) if isinstance(text, str) else NONE

    def _loaded(self, node: ast.Call, scope: Scope) -> Meanings:
        module = self.loaded_module(node, scope)
        # `__import__("a.b")` gives `a`, and `import_module("a.b")` gives `a.b`.
        return frozenset({module, module.partition(".")[0]}) if module else NONE

    def loaded_module(self, node: ast.Call, scope: Scope) -> str | None:
        """Return the module that the first argument of a call names, if that is a constant."""
        module = self.constant(_argument(node, 0, "name"), scope)
        if not isinstance(module, str):
            return None
        package = self.constant(_argument(node, 1, "package"), scope)
        if module.startswith(".") and isinstance(package, str):
            stem = module.lstrip(".")
            parents = package.split(".")
            return ".".join([*parents[: len(parents) - (len(module) - len(stem) - 1)], stem])
        return module.replace(":", ".")

    def _constant_of_name(self, name: str, scope: Scope, depth: int) -> str | int | None:
        key = (id(scope), name)
        if key not in self._constants:
            self._constants[key] = None
            bindings = scope.lookup(name)
            if len(bindings) == 1 and bindings[0].kind is Kind.ASSIGNED:
                [binding] = bindings
                self._constants[key] = self.constant(binding.value, binding.scope, depth)
        return self._constants[key]

    def _constant_of_join(self, node: ast.Call, scope: Scope, depth: int) -> str | None:
        """Return what `"a".join(["b", "c"])` gives."""
        function, parts = node.func, _argument(node, 0)
        if not isinstance(function, ast.Attribute) or function.attr != "join":
            return None
        between = self.constant(function.value, scope, depth)
        if not isinstance(between, str) or not isinstance(parts, ast.Tuple | ast.List):
            return None
        return self._joined(parts.elts, between, scope, depth)

    def _joined(
        self, parts: Sequence[ast.expr], between: str, scope: Scope, depth: int
    ) -> str | None:
        if len(parts) > _LONGEST:
            return None
        texts: list[str] = []
        for part in parts:
            text = self.constant(part, scope, depth)
            if not isinstance(text, str) or len(text) > _LONGEST:
                return None
            texts.append(text)
        joined = between.join(texts)
        return joined if len(joined) <= _LONGEST else None


def attributes(owners: Meanings, name: str) -> Meanings:
    """Return what the attribute `name` of each owner stands for."""
    if name == "__call__":
        return owners
    return frozenset(f"{owner}.{name}" for owner in owners)


def _members(mappings: Meanings, key: str) -> Meanings:
    """Return what the member `key` of each mapping of names stands for."""
    found: set[str] = set()
    for mapping in mappings:
        if mapping == "sys.modules":
            found.add(key)
        elif mapping.endswith(".__dict__"):
            found.add(f"{mapping.removesuffix('.__dict__')}.{key}")
        elif mapping == "builtins":
            found.add(f"builtins.{key}")
    return frozenset(found)


def _argument(node: ast.Call, number: int, keyword: str | None = None) -> ast.expr | None:
    if number < len(node.args):
        return node.args[number]
    return next((each.value for each in node.keywords if each.arg == keyword and keyword), None)


def is_term(node: ast.AST, parent: ast.AST) -> bool:
    """Tell a sum within a sum: its terms are looked at as terms of the outer one."""
    outer = isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Add)
    return outer and isinstance(node, ast.BinOp)


def _terms(node: ast.BinOp) -> list[ast.expr]:
    """Return the terms of a sum, however many there are, from left to right."""
    terms: list[ast.expr] = []
    waiting: list[ast.expr] = [node]
    while waiting:
        term = waiting.pop()
        if isinstance(term, ast.BinOp) and isinstance(term.op, ast.Add):
            waiting += (term.right, term.left)
        else:
            terms.append(term)
    return terms
