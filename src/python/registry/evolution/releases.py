"""The frozen copies of the contracts in `contracts/released/`."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from registry.evolution.contract_set import read_contracts
from registry.evolution.version import version_numbers
from registry.sources import InvalidRegistry

CURRENT = Path("contracts/schemas")
RELEASED = Path("contracts/released")
SUMS = "SHA256SUMS"


def versions(root: Path) -> tuple[str, ...]:
    """Return the released versions below the repository folder `root`, oldest first."""
    folders = (path.parent.name for path in (root / RELEASED).glob(f"*.*.*/{SUMS}"))
    return tuple(sorted(folders, key=version_numbers))


def released_folder(root: Path, version: str | None) -> Path:
    """Return the folder of a released version, of the latest for None.

    Raises InvalidRegistry, naming those that there are, for one that was not released.
    """
    known = versions(root)
    if not known:
        raise InvalidRegistry(f"{root / RELEASED}: holds no released version (exists)")
    if version is not None and version not in known:
        raise InvalidRegistry(
            f"{root / RELEASED / version}: was not released; released: {', '.join(known)} (exists)"
        )
    return root / RELEASED / (version or known[-1])


def release(root: Path) -> Path:
    """Freeze the current contracts as their schema_version, and return the new folder.

    Raises InvalidRegistry when they cannot be used or the version was released before.
    """
    version = read_contracts(root / CURRENT).schema_version
    folder = root / RELEASED / version
    if folder.exists():
        raise InvalidRegistry(
            f"{folder}: is released and stays as it is; raise schema_version (unique)"
        )
    shutil.copytree(root / CURRENT, folder)
    (folder / SUMS).write_text("".join(checksums(folder)), encoding="utf-8")
    return folder


def checksums(folder: Path) -> Iterator[str]:
    """Yield the lines of the folder's SHA256SUMS, as `sha256sum -c` reads them."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)
    for path in sorted(files):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        yield f"{digest}  {path.relative_to(folder).as_posix()}\n"
