"""Runs `boundaries.syntax`, the lint of the syntax tree, on one file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.backend.python.target_types import PythonSourceField
from pants.core.util_rules.source_files import SourceFiles, SourceFilesRequest
from pants.engine.fs import (
    CreateDigest,
    Digest,
    FileContent,
    GlobMatchErrorBehavior,
    MergeDigests,
    PathGlobs,
)
from pants.engine.process import FallibleProcessResult
from pants.engine.rules import Get, MultiGet, collect_rules, rule

from boundaries.checks import Findings
from boundaries.findings import parse_findings
from boundaries.sandbox import ProgramRun
from boundaries.subsystem import Boundaries

# The program names the file of its settings in its messages, which should name those of pants.toml.
SETTINGS = "[boundaries.syntax]"


@dataclass(frozen=True)
class SyntaxRequest:
    """Asks for what the lint of the syntax finds in one file."""

    source: PythonSourceField


@dataclass(frozen=True)
class SyntaxSettings:
    """The settings as a file, and the registry that they name; none if there is no such section."""

    digest: Digest | None


class SyntaxSettingsError(Exception):
    """`boundaries.syntax` refuses its settings; the text says why."""


@rule
async def syntax_settings(boundaries: Boundaries) -> SyntaxSettings:
    """Writes the section of pants.toml to a file."""
    if not boundaries.syntax:
        return SyntaxSettings(None)
    content = json.dumps(boundaries.syntax).encode()
    registry = boundaries.syntax.get("registry")
    digests = await MultiGet(
        Get(Digest, CreateDigest([FileContent(SETTINGS, content)])),
        Get(
            Digest,
            PathGlobs(
                [registry] if isinstance(registry, str) else [],
                glob_match_error_behavior=GlobMatchErrorBehavior.error,
                description_of_origin=f"{SETTINGS} in pants.toml",
            ),
        ),
    )
    return SyntaxSettings(await Get(Digest, MergeDigests(digests)))


@rule
async def syntax_findings(request: SyntaxRequest, settings: SyntaxSettings) -> Findings:
    """Raises SyntaxSettingsError if the program refuses its settings."""
    if settings.digest is None:
        return Findings(())
    sources = await Get(SourceFiles, SourceFilesRequest([request.source]))
    inputs = await Get(Digest, MergeDigests((sources.snapshot.digest, settings.digest)))
    (path,) = sources.files
    result = await Get(FallibleProcessResult, ProgramRun("syntax", (SETTINGS, path), inputs, path))
    if result.exit_code:
        raise SyntaxSettingsError(result.stderr.decode().strip())
    return Findings(parse_findings(result.stdout.decode()))


def rules() -> Iterable[Any]:
    """Returns what runs the lint of the syntax."""
    return collect_rules()
