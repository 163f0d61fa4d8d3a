"""Where a BUILD file names a dependency."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pants.engine.addresses import Address

from boundaries.findings import Place


def dependency_place(path: str, content: str, origin: Address, dependency: Address) -> Place:
    """Returns where the BUILD file of that path gives `origin` the dependency.

    That is the text which names the dependency: inside the call that makes the target if it stands
    there, else anywhere in the file (a shared list), else the call itself, for what is inferred.
    """
    tree = ast.parse(content)
    own = origin.maybe_convert_to_target_generator()
    call = next((node for node in _calls(tree) if _makes(node, own)), None)
    spellings = _spellings(own, dependency)
    for within in filter(None, (call, tree)):
        for node in ast.walk(within):
            if isinstance(node, ast.Constant) and node.value in spellings:
                return Place(path, node.lineno, node.col_offset + 1)
    return Place(path, call.lineno, call.col_offset + 1) if call else Place(path)


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    for statement in tree.body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            yield statement.value


def _makes(call: ast.Call, target: Address) -> bool:
    name: ast.expr | None = next((k.value for k in call.keywords if k.arg == "name"), None)
    if isinstance(name, ast.Constant):
        return bool(name.value == target.target_name)
    function = call.func.id if isinstance(call.func, ast.Name) else "_"
    by_folder = target.target_name == target.spec_path.rpartition("/")[2]
    return name is None and by_folder and not function.startswith("_")


def _spellings(origin: Address, dependency: Address) -> set[str]:
    """Returns the ways to write the address of the dependency in the origin's BUILD file."""
    spellings = {dependency.spec}
    generated = f"#{dependency.generated_name}" if dependency.generated_name else ""
    named = f":{dependency.target_name}{generated}"
    spellings.add(f"{dependency.spec_path}{named}")
    if not generated and dependency.target_name == dependency.spec_path.rpartition("/")[2]:
        spellings.add(dependency.spec_path)
    if dependency.spec_path == origin.spec_path:
        spellings.add(named)
    if dependency.is_file_target:
        spellings.add(dependency.filename)
    return spellings | {f"//{spelling}" for spelling in spellings if spelling[:2] != "//"}
