"""The imports of Python files, and the files or libraries that they mean."""

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path


def imported_modules(path: Path, module: str) -> Iterator[str]:
    """Yield what a file imports, by absolute names; `from a import b` gives `a.b`.

    `module` is the file's own name, to which relative imports refer.
    """
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_bytes(), path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            start = [*(parents if node.level else ()), *filter(None, [node.module])]
            yield from (".".join([*start, alias.name]) for alias in node.names)


def module_name(path: Path, source_root: Path) -> str:
    """Return the name by which a file is imported."""
    parts = path.relative_to(source_root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def owner(module: str, owners: Mapping[str, str]) -> str | None:
    """Return who owns a module, or the longest of its parents that has an owner."""
    while module:
        if module in owners:
            return owners[module]
        module = module.rpartition(".")[0]
    return None


def is_of_python(module: str) -> bool:
    """Tell whether a module comes with Python itself."""
    return module.partition(".")[0] in sys.stdlib_module_names
