"""Reads the graph of a repository: its rules, its imports, and what BUILD files add to them."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from architecture.build_files import ArchitectureError, BuildFile, Entry, read_build_file
from architecture.graph import Edges, Graph
from architecture.imports import imported_modules, is_of_python, module_name, owner

SOURCES = "src/python"
CONTRACTS = "contracts"
CONTRACTS_PURPOSE = "The source of truth: events, messages and tables. Data only."
# The folder whose folders are parts of their own.
DIVIDED = "workers"
LIBRARIES = "3rdparty/python"
RESOLVE = "narralytica"


def read_graph(root: Path) -> Graph:
    """Read the repository at `root`.

    Raises ArchitectureError if it is none, or cannot be read.
    """
    if not (root / "BUILD").is_file() or not (root / SOURCES).is_dir():
        raise ArchitectureError(f"{root} is not the repository: run this where its BUILD file is.")
    repository = _Repository(root=root)
    parts = sorted(repository.members)
    return Graph(
        purposes={part: repository.purpose(part) for part in parts},
        allowed={
            part: frozenset(end for end in parts if end != part and repository.allows(part, end))
            for part in parts
        },
        imported=repository.imported(parts),
        given=repository.given(parts),
        libraries_allowed={part: frozenset(repository.granted_libraries(part)) for part in parts},
        libraries_used={part: frozenset(repository.used_libraries(part)) for part in parts},
    )


def part_of(path: str) -> str:
    """Return the part that a file or folder, by its path from the root, belongs to."""
    if not PurePosixPath(path).is_relative_to(SOURCES):
        return path.partition("/")[0]
    first, second, *_ = (*PurePosixPath(path).relative_to(SOURCES).parts, "", "")
    divided = first == DIVIDED and second not in ("", "BUILD") and not second.endswith(".py")
    return f"{first}/{second}" if divided else first.removesuffix(".py")


@dataclass(frozen=True, kw_only=True)
class _Repository:
    root: Path

    @cached_property
    def modules(self) -> dict[str, str]:
        """The path of each module."""
        files = sorted((self.root / SOURCES).rglob("*.py"))
        return {module_name(file, self.root / SOURCES): self._path(file) for file in files}

    @cached_property
    def members(self) -> dict[str, list[str]]:
        """The files of each part."""
        data = (file for file in (self.root / CONTRACTS).rglob("*") if file.is_file())
        members: dict[str, list[str]] = {}
        for path in (*self.modules.values(), *map(self._path, data)):
            members.setdefault(part_of(path), []).append(path)
        return members

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        return read_build_file(self.root, self.root / "BUILD").entries

    @cached_property
    def build_files(self) -> list[BuildFile]:
        paths = sorted((self.root / SOURCES).rglob("BUILD"))
        return [read_build_file(self.root, path) for path in paths]

    @cached_property
    def libraries(self) -> dict[str, str]:
        """The requirement that brings each module, modules in lower case."""
        text = (self.root / LIBRARIES / f"{RESOLVE}.in").read_text()
        names = {name.lower(): name for name in re.findall(r"^[\w.-]+", text, re.MULTILINE)}
        libraries = {key.replace("-", "_"): name for key, name in names.items()}
        build_file = read_build_file(self.root, self.root / LIBRARIES / "BUILD")
        [target] = [each for each in build_file.targets if each.get("name") == RESOLVE]
        for key, modules in target.get("module_mapping", {}).items():
            if key.lower() in names:
                libraries |= {module.lower(): names[key.lower()] for module in modules}
        return libraries

    def allows(self, part: str, end: str) -> bool:
        """Tell whether the rules let any file of a part depend on any of another."""
        return any(e.grants(path) for e in self._rules(part) for path in self.members[end])

    def imported(self, parts: Iterable[str]) -> Edges:
        """Return the parts that each part imports."""
        owners = {module: part_of(path) for module, path in self.modules.items()}
        return {
            part: frozenset(
                end for name in self._imports(part) if (end := owner(name, owners)) and end != part
            )
            for part in parts
        }

    def given(self, parts: Iterable[str]) -> Edges:
        """Return the parts that BUILD files give to each part."""
        known = frozenset(parts)
        return {
            part: (known - {part}).intersection(map(part_of, self._given(part))) for part in known
        }

    def granted_libraries(self, part: str) -> Iterator[str]:
        """Yield the libraries that the rules grant to any file of a part."""
        for name in set(self.libraries.values()):
            if any(entry.grants(f"{LIBRARIES}/{RESOLVE}#{name}") for entry in self._rules(part)):
                yield name

    def used_libraries(self, part: str) -> Iterator[str]:
        """Yield the libraries that a part imports, or is given."""
        for name in self._imports(part):
            own = owner(name, self.modules) is not None or is_of_python(name)
            if not own and (library := owner(name.lower(), self.libraries)):
                yield library
        start = f"{LIBRARIES}#"
        yield from (p.removeprefix(start) for p in self._given(part) if p.startswith(start))

    def purpose(self, part: str) -> str:
        """Return the first sentence that a part says of itself."""
        if part == CONTRACTS:
            return CONTRACTS_PURPOSE
        path = self.modules[part.replace("/", ".")]
        text = ast.get_docstring(ast.parse((self.root / path).read_bytes(), path)) or ""
        return text.partition("\n\n")[0].replace("\n", " ")

    def _rules(self, part: str) -> list[Entry]:
        deciding = {
            next((e for e in self.entries if e.names(path)), None) for path in self.members[part]
        }
        return [entry for entry in deciding if entry]

    def _imports(self, part: str) -> Iterator[str]:
        for module, path in self.modules.items():
            if part_of(path) == part:
                yield from imported_modules(self.root / path, module)

    def _given(self, part: str) -> Iterator[str]:
        for build_file in self.build_files:
            if part_of(f"{build_file.folder}/BUILD") == part:
                yield from build_file.given()

    def _path(self, file: Path) -> str:
        return file.relative_to(self.root).as_posix()
