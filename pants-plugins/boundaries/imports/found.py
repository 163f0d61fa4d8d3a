"""The imports of a syntax tree: statements anywhere, and calls that load a module by its name."""

import ast
from collections.abc import Iterator

# Module, line, column, and whether it is a statement: a call may look for what is not there.
Import = tuple[str, int, int, bool]

# What loads, or hands out, a module whose name is its first argument.
LOADERS = frozenset({"__import__", "import_module", "find_spec", "run_module", "resolve_name"})


def found_imports(tree: ast.AST) -> list[Import]:
    """Returns each import, by place.

    `from a import b` gives `a.b`, for `b` may be a module; relative modules keep their dots.
    """
    nodes = list(ast.walk(tree))
    names = _loader_names(nodes)
    found = {found for node in nodes for found in _of_node(node, names)}
    return sorted(found, key=lambda each: (each[1], each[2], each[0]))


def _of_node(node: ast.AST, loaders: frozenset[str]) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name, alias.lineno, alias.col_offset + 1, True
    elif isinstance(node, ast.ImportFrom):
        start = "." * node.level + (node.module or "")
        for alias in node.names:
            name = start if alias.name == "*" else _joined(start, alias.name)
            yield name, alias.lineno, alias.col_offset + 1, True
    elif isinstance(node, ast.Call) and _loads(node.func, loaders):
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        module = constant_text(given[0]) if given else None
        if module:
            package = constant_text(given[1]) if len(given) > 1 else None
            absolute = _absolute(module.partition(":")[0], package)
            yield absolute, node.lineno, node.col_offset + 1, False


def _joined(start: str, name: str) -> str:
    return f"{start}{name}" if start.endswith(".") else f"{start}.{name}"


def _absolute(module: str, package: str | None) -> str:
    if not module.startswith(".") or not package:
        return module
    stem = module.lstrip(".")
    up = len(module) - len(stem) - 1
    parents = package.split(".")
    return ".".join([*parents[: len(parents) - up], stem])


def constant_text(node: ast.expr) -> str | None:
    """Returns the text that an expression of literals gives, or None for any other."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = constant_text(node.left), constant_text(node.right)
        return None if left is None or right is None else left + right
    if isinstance(node, ast.JoinedStr):
        parts = [constant_text(part) for part in node.values]
        return None if None in parts else "".join(part for part in parts if part)
    if isinstance(node, ast.FormattedValue) and node.conversion == -1 and not node.format_spec:
        return constant_text(node.value)
    return None


def _loader_names(nodes: list[ast.AST]) -> frozenset[str]:
    """Returns the names that stand for a loader in the module, aliases of aliases included."""
    names = set(LOADERS)
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            names |= {a.asname for a in node.names if a.asname and a.name in LOADERS}
    assigned = [node for node in nodes if isinstance(node, ast.Assign | ast.AnnAssign)]
    for _ in assigned:
        known = len(names)
        for node in assigned:
            if node.value is not None and _loads(node.value, frozenset(names)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
        if len(names) == known:
            break
    return frozenset(names)


def _loads(function: ast.expr, loaders: frozenset[str]) -> bool:
    if isinstance(function, ast.Name):
        return function.id in loaders
    if isinstance(function, ast.Attribute):
        return function.attr in LOADERS
    if isinstance(function, ast.Call) and isinstance(function.func, ast.Name):
        named = function.func.id == "getattr" and len(function.args) > 1
        return named and constant_text(function.args[1]) in LOADERS
    return False
