"""Runs the two programs of this folder that must read code with the code's own Python.

Pants itself runs on an older one, which cannot parse the newer syntax. Each file has a process of
its own, so that only what changed is read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.backend.python.util_rules.pex_environment import PythonExecutable
from pants.engine.fs import CreateDigest, Digest, FileContent, MergeDigests
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, MultiGet, collect_rules, rule
from pants.util.logging import LogLevel

FOLDER = ".boundaries"
PROGRAMS = ("imports", "syntax")


@dataclass(frozen=True)
class ProgramFiles:
    """The sources of the programs, under `FOLDER`."""

    digest: Digest


@dataclass(frozen=True)
class ProgramRun:
    """Asks to run `python -m boundaries.<name> <arguments>` where the files of `inputs` are."""

    name: str
    arguments: tuple[str, ...]
    inputs: Digest
    about: str


@rule
async def program_files() -> ProgramFiles:
    """Reads the programs' sources from where this plugin is installed."""
    package = files("boundaries")
    sources = [
        FileContent(f"{FOLDER}/{path}", data)
        for name in PROGRAMS
        for path, data in _sources(package / name, f"boundaries/{name}")
    ]
    start = FileContent(f"{FOLDER}/boundaries/__init__.py", b"")
    return ProgramFiles(await Get(Digest, CreateDigest([start, *sources])))


def _sources(folder: Any, path: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _sources(entry, f"{path}/{entry.name}")
        elif entry.name.endswith((".py", ".json")):
            yield f"{path}/{entry.name}", entry.read_bytes()


@rule
async def run_program(
    run: ProgramRun, programs: ProgramFiles, python_setup: PythonSetup
) -> FallibleProcessResult:
    """Runs it on the Python that `[python].interpreter_constraints` names."""
    constraints = InterpreterConstraints(python_setup.interpreter_constraints)
    python, inputs = await MultiGet(
        Get(PythonExecutable, InterpreterConstraints, constraints),
        Get(Digest, MergeDigests((programs.digest, run.inputs))),
    )
    process = Process(
        argv=(python.path, "-m", f"boundaries.{run.name}", *run.arguments),
        input_digest=inputs,
        # Nothing of the repository may stand in for a module of Python.
        env={"PYTHONPATH": FOLDER, "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        append_only_caches=python.append_only_caches,
        immutable_input_digests=python.immutable_input_digests,
        description=f"Read the {run.name} of {run.about}",
        level=LogLevel.DEBUG,
    )
    return await Get(FallibleProcessResult, Process, process)


def rules() -> Iterable[Any]:
    """Returns what runs the programs."""
    return collect_rules()
