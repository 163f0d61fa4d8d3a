"""All dependencies of a target, and the line that brings each.

Pants' own list would not do: it stops at a denied one, it obeys `# pants: no-infer-dep` and `!` in
`dependencies=`, and its fast parser sees only the first module of `import a, b`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from pants.backend.python.dependency_inference.module_mapper import (
    PythonModuleOwners,
    PythonModuleOwnersRequest,
)
from pants.backend.python.dependency_inference.rules import InferPythonImportDependencies
from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import PythonResolveField, PythonSourceField
from pants.core.util_rules.source_files import SourceFiles, SourceFilesRequest
from pants.engine.addresses import Address, BuildFileAddress, BuildFileAddressRequest
from pants.engine.fs import DigestContents, PathGlobs
from pants.engine.process import FallibleProcessResult
from pants.engine.rules import Get, MultiGet, collect_rules, rule
from pants.engine.target import (
    Dependencies,
    DependenciesRequest,
    ExplicitlyProvidedDependencies,
    InferDependenciesRequest,
    InferredDependencies,
    Target,
    WrappedTarget,
    WrappedTargetRequest,
)
from pants.engine.unions import UnionMembership
from pants.source.source_root import SourceRoot, SourceRootRequest

from boundaries.build_files import dependency_place
from boundaries.findings import Finding, Place
from boundaries.sandbox import ProgramRun


@dataclass(frozen=True)
class Import:
    """One import of a Python file, by its absolute name."""

    module: str
    place: Place
    is_statement: bool


@dataclass(frozen=True)
class Imports:
    """All imports of a Python file that do not come with Python, or why it cannot be read."""

    imports: tuple[Import, ...]
    unreadable: Finding | None = None


@dataclass(frozen=True)
class ImportsRequest:
    """Asks for the imports of one Python file."""

    source: PythonSourceField


@dataclass(frozen=True, order=True)
class Edge:
    """A dependency, the line that brings it, and what that line does, as `imports x`."""

    dependency: Address
    place: Place
    deed: str


@dataclass(frozen=True)
class Edges:
    """The dependencies of a target; what is imported and owned by nobody; an unreadable file."""

    edges: tuple[Edge, ...]
    unknown: tuple[Import, ...] = ()
    unreadable: Finding | None = None


@dataclass(frozen=True)
class EdgesRequest:
    """Asks for the dependencies of one target."""

    address: Address


@rule
async def python_imports(request: ImportsRequest) -> Imports:
    """Reads the imports of one file."""
    sources, root = await MultiGet(
        Get(SourceFiles, SourceFilesRequest([request.source])),
        Get(SourceRoot, SourceRootRequest, SourceRootRequest.for_file(request.source.file_path)),
    )
    (path,) = sources.files
    run = ProgramRun("imports", (path,), sources.snapshot.digest, path)
    result = await Get(FallibleProcessResult, ProgramRun, run)
    if result.exit_code:
        raise RuntimeError(f"boundaries.imports failed on {path}: {result.stderr.decode()}")
    told = json.loads(result.stdout)
    if told["error"]:
        line, column, text = told["error"]
        advice = "Mend the syntax: what cannot be read cannot be checked."
        return Imports((), Finding(Place(path, line, column), "unreadable", text, advice))
    below_root = PurePath(path).relative_to(root.path)
    return Imports(
        tuple(
            Import(_absolute(module, below_root), Place(path, line, column), is_statement)
            for module, line, column, is_statement in told["imports"]
        )
    )


def _absolute(module: str, path: PurePath) -> str:
    """Returns the absolute name of a module, as the file of that path below its root means it."""
    name = module.lstrip(".")
    level = len(module) - len(name)
    if not level:
        return module
    return ".".join([*path.parts[:-level], *filter(None, [name])])


@dataclass(frozen=True)
class OwnersRequest:
    """Asks who owns a module; `resolve` is the importer's own."""

    module: str
    resolve: str | None


@dataclass(frozen=True)
class Owners:
    """The owners of a module; none if it is unknown."""

    addresses: tuple[Address, ...]


@rule
async def owners(request: OwnersRequest) -> Owners:
    """Finds who owns a module, also when only another resolve has it."""
    own, any_resolve = await MultiGet(
        Get(PythonModuleOwners, PythonModuleOwnersRequest(request.module, resolve))
        for resolve in (request.resolve, None)
    )
    for found in (own, any_resolve):
        if found.unambiguous or found.ambiguous:
            return Owners(found.unambiguous or found.ambiguous)
    return Owners(())


async def _listed(target: Target, union_membership: UnionMembership) -> frozenset[Edge]:
    """Returns what the BUILD file gives the target, and what Pants infers without its imports."""
    explicit = await Get(ExplicitlyProvidedDependencies, DependenciesRequest(target[Dependencies]))
    inferred = await MultiGet(
        Get(
            InferredDependencies,
            InferDependenciesRequest,
            request(request.infer_from.create(target)),
        )
        for request in union_membership.get(InferDependenciesRequest)
        if request is not InferPythonImportDependencies and request.infer_from.is_applicable(target)
    )
    build_file = await Get(BuildFileAddress, BuildFileAddressRequest(target.address, "boundaries"))
    contents = await Get(DigestContents, PathGlobs([build_file.rel_path]))
    text = contents[0].content.decode() if contents else ""
    given = dict.fromkeys(explicit.includes, "is given")
    for each in inferred:
        given.update({address: "needs" for address in each.include if address not in given})
    return frozenset(
        Edge(
            address,
            dependency_place(build_file.rel_path, text, target.address, address),
            f"{deed} {address}",
        )
        for address, deed in given.items()
        if address != target.address
    )


@rule
async def target_edges(
    request: EdgesRequest, union_membership: UnionMembership, python_setup: PythonSetup
) -> Edges:
    """Collects what a target imports, what its BUILD file gives it, and what Pants infers."""
    wrapped = await Get(WrappedTarget, WrappedTargetRequest(request.address, "boundaries"))
    target = wrapped.target
    if not target.has_field(Dependencies):
        return Edges(())
    listed = await _listed(target, union_membership)
    if not target.has_field(PythonSourceField):
        return Edges(tuple(sorted(listed)))
    imports = await Get(Imports, ImportsRequest(target[PythonSourceField]))
    resolve = (
        target[PythonResolveField].normalized_value(python_setup)
        if target.has_field(PythonResolveField)
        else None
    )
    owned = await MultiGet(
        Get(Owners, OwnersRequest(found.module, resolve)) for found in imports.imports
    )
    imported = {
        Edge(address, found.place, f"imports {found.module}")
        for found, by in zip(imports.imports, owned)
        for address in by.addresses
        if address != target.address
    }
    seen = {edge.dependency for edge in imported}
    return Edges(
        tuple(sorted({*imported, *(edge for edge in listed if edge.dependency not in seen)})),
        tuple(found for found, by in zip(imports.imports, owned) if not by.addresses),
        imports.unreadable,
    )


def rules() -> Iterable[Any]:
    """Returns what finds the dependencies of a target."""
    return collect_rules()
