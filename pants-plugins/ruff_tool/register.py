"""Runs a current ruff in `./pants lint`, `fix` and `fmt`.

Pants 2.17 knows only the command line that ruff dropped in 0.5, and no `ruff format`. Once
pants.toml asks for Pants 2.20 or later, its own ruff backend replaces this folder.
"""

from collections.abc import Iterable
from typing import Any

from pants.backend.python.lint.ruff import skip_field
from pants.backend.python.lint.ruff.subsystem import Ruff, RuffFieldSet
from pants.backend.python.lint.ruff.subsystem import rules as subsystem_rules
from pants.backend.python.util_rules import pex
from pants.backend.python.util_rules.pex import PexRequest, VenvPex, VenvPexProcess
from pants.core.goals.fix import FixResult, FixTargetsRequest
from pants.core.goals.fmt import FmtResult, FmtTargetsRequest
from pants.core.goals.lint import LintResult, LintTargetsRequest
from pants.core.util_rules.config_files import ConfigFiles, ConfigFilesRequest
from pants.core.util_rules.partitions import PartitionerType
from pants.core.util_rules.source_files import SourceFiles, SourceFilesRequest
from pants.engine.fs import Digest, MergeDigests, Snapshot
from pants.engine.process import FallibleProcessResult, ProcessResult
from pants.engine.rules import Get, MultiGet, collect_rules, rule


class RuffCheckRequest(LintTargetsRequest):
    """Asks for the findings of `ruff check`."""

    field_set_type = RuffFieldSet
    tool_subsystem = Ruff
    partitioner_type = PartitionerType.DEFAULT_SINGLE_PARTITION
    tool_name = "ruff check"


class RuffFixRequest(FixTargetsRequest):
    """Asks for what `ruff check --fix` can mend."""

    field_set_type = RuffFieldSet
    tool_subsystem = Ruff
    partitioner_type = PartitionerType.DEFAULT_SINGLE_PARTITION
    tool_name = "ruff fix"


class RuffFormatRequest(FmtTargetsRequest):
    """Asks for the layout of `ruff format`."""

    field_set_type = RuffFieldSet
    tool_subsystem = Ruff
    partitioner_type = PartitionerType.DEFAULT_SINGLE_PARTITION
    tool_name = "ruff format"


async def _ruff_process(
    ruff: Ruff, command: tuple[str, ...], files: Snapshot, outputs: Iterable[str] = ()
) -> VenvPexProcess:
    ruff_pex, config = await MultiGet(
        Get(VenvPex, PexRequest, ruff.to_pex_request()),
        Get(ConfigFiles, ConfigFilesRequest, ruff.config_request(files.dirs)),
    )
    inputs = await Get(Digest, MergeDigests((files.digest, config.snapshot.digest)))
    return VenvPexProcess(
        ruff_pex,
        argv=(*command, "--no-cache", "--quiet", "--force-exclude", *ruff.args, *files.files),
        input_digest=inputs,
        output_files=tuple(outputs),
        description=f"Run ruff {' '.join(command)} on {len(files.files)} files",
    )


@rule(desc="Lint with ruff check")
async def ruff_check(request: RuffCheckRequest.Batch[RuffFieldSet, Any], ruff: Ruff) -> LintResult:
    """Reports what `ruff check` finds."""
    sources = await Get(SourceFiles, SourceFilesRequest(field.source for field in request.elements))
    process = await _ruff_process(ruff, ("check",), sources.snapshot)
    result = await Get(FallibleProcessResult, VenvPexProcess, process)
    return LintResult.create(request, result, strip_chroot_path=True)


@rule(desc="Fix with ruff check")
async def ruff_fix(request: RuffFixRequest.Batch, ruff: Ruff) -> FixResult:
    """Mends what `ruff check` can mend by itself."""
    command = ("check", "--fix", "--exit-zero")
    process = await _ruff_process(ruff, command, request.snapshot, request.snapshot.files)
    result = await Get(ProcessResult, VenvPexProcess, process)
    return await FixResult.create(request, result, strip_chroot_path=True)


@rule(desc="Format with ruff format")
async def ruff_format(request: RuffFormatRequest.Batch, ruff: Ruff) -> FmtResult:
    """Lays the files out as `ruff format` does."""
    process = await _ruff_process(ruff, ("format",), request.snapshot, request.snapshot.files)
    result = await Get(ProcessResult, VenvPexProcess, process)
    return await FmtResult.create(request, result, strip_chroot_path=True)


def rules() -> Iterable[Any]:
    """Returns what Pants registers when it loads this backend."""
    return [
        *collect_rules(),
        *RuffCheckRequest.rules(),
        *RuffFixRequest.rules(),
        *RuffFormatRequest.rules(),
        *pex.rules(),
        *skip_field.rules(),
        *subsystem_rules(),
    ]
