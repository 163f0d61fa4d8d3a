"""Finds the files that files, directories and globs stand for."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

#: Standard input.
STDIN = Path("-")

#: What is taken from a directory: also rotated (`api.jsonl.1`, `api.jsonl.20261125T…Z`) and packed.
LOG_NAME = re.compile(r".*\.(jsonl|log|json)([.-]\d[\w.:-]*?)?(\.(gz|zst))?")
GLOB_SIGNS = re.compile(r"[*?\[]")


class MissingSource(OSError):
    """A source that is no file, no directory, and no glob that finds one."""


def discover(sources: Iterable[Path]) -> list[Path]:
    """Return the files of the sources, each once, those of a directory by name.

    Raises MissingSource.
    """
    found: dict[Path, Path] = {}
    for source in sources:
        for path in _files(source):
            found.setdefault(path.absolute(), path)
    return list(found.values())


def _files(source: Path) -> Sequence[Path]:
    if source == STDIN:
        return [source]
    if source.is_dir():
        return sorted(path for path in _below(source) if LOG_NAME.fullmatch(path.name))
    if source.exists():
        return [source]
    if not GLOB_SIGNS.search(str(source)):
        raise MissingSource(f"{source}: no such file or directory")
    found = sorted(path for path in Path(source.anchor).glob(_pattern(source)) if path.is_file())
    if not found:
        raise MissingSource(f"{source}: no file matches")
    return found


def _pattern(source: Path) -> str:
    return str(source.relative_to(source.anchor)) if source.anchor else str(source)


def _below(folder: Path) -> Iterator[Path]:
    """Yield the files; what may not be read, or vanishes while looking, is passed over."""
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)
