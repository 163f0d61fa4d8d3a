"""What was released stays as it is, and the contracts stay compatible with it."""

import hashlib
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from registry.evolution import release_command
from registry.evolution.comparison import compare_contracts
from registry.evolution.contract_set import read_contracts
from registry.evolution.kinds import Kind
from registry.evolution.releases import (
    CURRENT,
    RELEASED,
    SUMS,
    checksums,
    released_folder,
    versions,
)
from registry.evolution.report import as_text
from tests.contract.evolution.test_diff_command import PAYLOAD, repository

ROOT = Path(__file__).parents[3]

# The sha256 of each release's SHA256SUMS. `contracts release` prints the line for a new one.
FROZEN = {
    "1.0.0": "aa16c75142e93375b65b63f8de45bafd312e44a3fe6b83d59f514a47b9af3151",
    "2.0.0": "f87ff00e837449f2e2861f3f3e95575fed15ee5e5feef012993f4080ddbd6f7e",
}


def test_every_release_is_frozen() -> None:
    assert versions(ROOT) == tuple(FROZEN)


@pytest.mark.parametrize("version", FROZEN)
def test_a_release_does_not_change(version: str) -> None:
    folder = ROOT / RELEASED / version
    sums = (folder / SUMS).read_text()
    assert sums == "".join(checksums(folder))
    assert hashlib.sha256(sums.encode()).hexdigest() == FROZEN[version]
    assert read_contracts(folder).schema_version == version


def test_the_contracts_break_nothing_without_a_new_major_version() -> None:
    comparison = compare_contracts(
        read_contracts(released_folder(ROOT, None)), read_contracts(ROOT / CURRENT)
    )
    assert not comparison.refused, as_text(comparison)


def test_the_contracts_add_nothing_without_a_new_minor_version() -> None:
    comparison = compare_contracts(
        read_contracts(released_folder(ROOT, None)), read_contracts(ROOT / CURRENT)
    )
    kinds = {change.kind for change in comparison.changes}
    assert Kind.VERSION_NEEDS_MINOR not in kinds, as_text(comparison)


def test_a_release_is_a_copy_with_checksums(tmp_path: Path) -> None:
    root = repository(tmp_path, "field-added-optional")
    result = CliRunner().invoke(release_command, ["--root", str(root)])
    folder = root / RELEASED / "1.1.0"
    digest = hashlib.sha256((folder / SUMS).read_bytes()).hexdigest()
    assert result.exit_code == 0
    assert f'"1.1.0": "{digest}"' in result.output
    assert versions(root) == ("1.0.0", "1.1.0")
    assert (folder / PAYLOAD).read_bytes() == (root / CURRENT / PAYLOAD).read_bytes()
    assert (folder / SUMS).read_text() == "".join(checksums(folder))
    assert f"  {PAYLOAD}\n" in (folder / SUMS).read_text()


def test_a_release_is_never_written_again(tmp_path: Path) -> None:
    root = repository(tmp_path, "documentation-changed")
    result = CliRunner().invoke(release_command, ["--root", str(root)])
    assert result.exit_code == 2
    assert "1.0.0: is released and stays as it is" in result.output


@pytest.mark.parametrize("change", ["edited", "added", "removed"])
def test_checksums_notice(tmp_path: Path, change: str) -> None:
    folder = repository(tmp_path, "type-changed") / CURRENT
    before = list(checksums(folder))
    if change == "edited":
        (folder / PAYLOAD).write_text("{}")
    elif change == "added":
        (folder / "more.json").write_text("{}")
    else:
        shutil.rmtree(folder / "observability/payloads")
    assert list(checksums(folder)) != before
