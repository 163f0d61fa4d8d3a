"""Tells what there is to read since the last look: grown, new, rotated, and truncated files.

A file is known by its inode and by what was last read of it, not by its name. So one that was
renamed or packed is read on where reading had stopped, and one that was truncated, or that got the
inode of another, from its beginning.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from explorer.sources.blocks import Position, tail_digest
from explorer.sources.stream import is_packed, open_stream

#: Of files that are gone, so many of the latest may come back under another name or packed.
MOST_LOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What the file system says of a file's content."""

    device: int
    inode: int
    size: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path) -> "Stamp":
        """Return the stamp of a file. Raises OSError when there is none."""
        status = path.stat()
        return cls(
            device=status.st_dev,
            inode=status.st_ino,
            size=status.st_size,
            modified_ns=status.st_mtime_ns,
        )

    @property
    def file(self) -> tuple[int, int]:
        """What stays the same when a file is renamed."""
        return self.device, self.inode


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFile:
    """A file as it was when it was read last."""

    number: int
    path: Path
    stamp: Stamp
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A file to be read on from its position. `packed` is one that is read to its end at once."""

    file: KnownFile
    packed: bool

    @property
    def left_bytes(self) -> int:
        """About how much there is to read; of a packed file its whole size."""
        done = 0 if self.packed else self.file.position.offset
        return self.file.stamp.size - done


def pending(known: Sequence[KnownFile], paths: Sequence[Path]) -> list[Task]:
    """Return what there is to read in the files at `paths`, and in known ones that were renamed.

    What has not changed is left out. Unreadable files are passed over: they may come back.
    """
    latest = {file.stamp.file: file for file in known}
    looks = _looks(paths, latest)
    tasks: list[Task] = []
    lost = {file.number: file for file in known if file.position.tail_bytes}
    strange: list[tuple[Path, Stamp]] = []
    for path, stamp in looks.items():
        file = latest.get(stamp.file)
        if file is None or not (file.stamp == stamp or _continues(path, stamp, file.position)):
            strange.append((path, stamp))
            continue
        lost.pop(file.number, None)
        if (file.stamp, file.path) != (stamp, path):
            tasks.append(_task(replace(file, path=path, stamp=stamp)))
    candidates = [lost[number] for number in sorted(lost)[-MOST_LOST:]]
    number = max((file.number for file in known), default=-1) + 1
    for path, stamp in strange:
        moved = next((f for f in candidates if _continues(path, stamp, f.position)), None)
        if moved is None:
            file = KnownFile(number=number, path=path, stamp=stamp, position=Position())
            number += 1
        else:
            candidates.remove(moved)
            file = replace(moved, path=path, stamp=stamp)
        tasks.append(_task(file))
    return tasks


def _looks(paths: Iterable[Path], latest: dict[tuple[int, int], KnownFile]) -> dict[Path, Stamp]:
    """Return the stamps of the files at `paths`, and of known ones that have another name now."""
    looks = dict(_stamps(paths))
    missing = latest.keys() - {stamp.file for stamp in looks.values()}
    for folder in {latest[file].path.parent for file in missing}:
        for path, stamp in _stamps(_files_in(folder)):
            if stamp.file in missing:
                looks[path] = stamp
    return looks


def _stamps(paths: Iterable[Path]) -> Iterator[tuple[Path, Stamp]]:
    for path in paths:
        try:
            yield path, Stamp.of(path)
        except OSError:
            continue


def _files_in(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in entries if entry.is_file()]
    except OSError:
        return []


def _continues(path: Path, stamp: Stamp, position: Position) -> bool:
    """Tell whether what was read before the position stands in the file at `path`."""
    tail_at = position.offset - position.tail_bytes
    try:
        if not is_packed(path) and stamp.size < position.offset:
            return False
        if position.tail_bytes == 0:
            return True
        with open_stream(path, tail_at) as read:
            tail = b""
            while len(tail) < position.tail_bytes and (
                more := read(position.tail_bytes - len(tail))
            ):
                tail += more
    except OSError:
        return False
    return tail_digest(tail) == position.tail_digest


def _task(file: KnownFile) -> Task:
    try:
        return Task(file=file, packed=is_packed(file.path))
    except OSError:
        return Task(file=file, packed=False)
