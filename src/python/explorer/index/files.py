"""What the index knows of each file: where reading stopped, and what was found."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import orjson

from explorer.sources import STDIN, KnownFile, Position, Stamp
from explorer.spool.judging import Judged


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCoverage:
    """What was found in a file.

    `foreign` lines are other programs', `repeats` are events that were known already, `bytes` are
    those read, unpacked. `lines` is the sum of the others.
    """

    file: str
    lines: int
    events: int
    invalid: int
    foreign: int
    repeats: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """A row of the table `files`."""

    file: KnownFile
    lines: int = 0
    events: int = 0
    invalid: int = 0
    foreign: int = 0
    repeats: int = 0

    def with_block(self, end: Position, judged: Judged) -> "FileRow":
        """Return the row after a further block."""
        # Until the end has been reached the stamp is none that the file could have.
        unfinished = replace(self.file.stamp, size=-1)
        return FileRow(
            file=replace(self.file, position=end, stamp=unfinished),
            lines=self.lines + judged.lines,
            events=self.events + judged.events,
            invalid=self.invalid + judged.invalid,
            foreign=self.foreign + judged.foreign,
            repeats=self.repeats,
        )

    def with_repeat(self) -> "FileRow":
        """Return the row when one of its events turned out to be known."""
        return replace(self, events=self.events - 1, repeats=self.repeats + 1)

    def read_to_its_end(self, file: KnownFile) -> "FileRow":
        """Return the row with the path and the stamp of the file as it was looked at."""
        return replace(self, file=replace(self.file, path=file.path, stamp=file.stamp))

    def coverage(self, stdin: Path | None) -> FileCoverage:
        """Return what is told of the file."""
        return FileCoverage(
            file=self._name(stdin),
            lines=self.lines,
            events=self.events,
            invalid=self.invalid,
            foreign=self.foreign,
            repeats=self.repeats,
            bytes=self.file.position.offset,
        )

    def save(self, database: duckdb.DuckDBPyConnection, stdin: Path | None) -> None:
        """Write the row."""
        state = orjson.dumps({"stamp": self.file.stamp, "position": self.file.position}).decode()
        counts = [self.lines, self.events, self.invalid, self.foreign, self.repeats]
        values = [self.file.number, self._name(stdin), *counts, state]
        database.execute("DELETE FROM kept.files WHERE number = ?", [self.file.number])
        database.execute("INSERT INTO kept.files VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)

    def _name(self, stdin: Path | None) -> str:
        return str(STDIN if self.file.path == stdin else self.file.path)


def file_rows(database: duckdb.DuckDBPyConnection, stdin: Path | None) -> dict[int, FileRow]:
    """Return all rows by the numbers of their files; `stdin` is where standard input is kept."""
    found = database.execute("FROM kept.files ORDER BY number").fetchall()
    return {row[0]: _row(stdin, *row) for row in found}


def _row(stdin: Path | None, number: int, path: str, *counts_and_state: Any) -> FileRow:
    *counts, state = counts_and_state
    lines, events, invalid, foreign, repeats = counts
    kept = orjson.loads(state)
    file = KnownFile(
        number=number,
        path=stdin if stdin and path == str(STDIN) else Path(path),
        stamp=Stamp(**kept["stamp"]),
        position=Position(**kept["position"]),
    )
    return FileRow(
        file=file,
        lines=lines,
        events=events,
        invalid=invalid,
        foreign=foreign,
        repeats=repeats,
    )
