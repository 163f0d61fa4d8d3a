"""The index of some sources: kept in a folder, extended, and asked by SQL and by id."""

import contextlib
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import duckdb

from explorer.index.connected import Match, connected, matches
from explorer.index.files import FileCoverage, FileRow, file_rows
from explorer.index.filling import Filling, Progress
from explorer.index.kept import FileLock, IndexBusy, IndexDamaged, KeptDatabase, damage_told
from explorer.lines import EventLine
from explorer.sources import STDIN, MissingSource, discover, open_stream, pending
from explorer.spool.judging import LINES_A_FILE

WRITER_WAIT_S = 10.0
COPY_BYTES = 1 << 20
READING = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)

Answer = TypeVar("Answer")


class QueryError(ValueError):
    """A query that is no single reading statement, or that the engine refuses; it says why."""


class LineGone(LookupError):
    """The file that a line stood in is gone, or says something else there now."""


def tell_on_stderr(notice: str) -> None:
    """Tell something on one line of standard error."""
    print(f"index: {notice}", file=sys.stderr)


class Index(AbstractContextManager["Index"]):
    """The events of some sources. Threads may ask it beside one another."""

    def __init__(
        self,
        sources: Sequence[Path],
        folder: Path,
        *,
        tell: Callable[[str], None] = tell_on_stderr,
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self.folder = folder
        self._sources = sources
        self._stdin = folder / "stdin" if STDIN in sources else None
        self._kept = KeptDatabase(folder.resolve())
        self._writer = FileLock(folder / "writer.lock")
        self._tell = tell
        self._progress = progress
        self._prepared = False
        self._lines = 0

    @classmethod
    def open(
        cls,
        sources: Sequence[Path],
        *,
        folder: Path | None = None,
        progress: Callable[[Progress], None] | None = None,
        tell: Callable[[str], None] = tell_on_stderr,
    ) -> Self:
        """Open the index of `sources` (files, directories, globs, `-`), and bring it up to date.

        It is kept in `folder`, by default one below XDG_CACHE_HOME that belongs to the sources.
        What a user should know, such as that it is made anew, is told on a line by `tell`.
        Raises MissingSource, and IndexBusy while another process makes it for the first time.
        """
        discover(sources)
        folder = folder or _default_folder(sources)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        index = cls(sources, folder, tell=tell, progress=progress)
        try:
            index._copy_stdin()
            index.refresh()
        except BaseException:
            index.close()
            raise
        return index

    def refresh(self) -> int:
        """Take in what was appended, rotated and created; return how many lines are new.

        When another process is about it, this one waits for at most 10 s, and then goes on with
        what that one has taken in so far.
        """
        try:
            held = self._writer.acquire(exclusive=True, wait_s=WRITER_WAIT_S)
        except IndexBusy:
            self._tell("another process is bringing it up to date: this is what it has so far")
        else:
            try:
                self._fill()
            finally:
                os.close(held)
        before = self._lines
        self._lines = sum(row.lines for row in self._rows().values())
        return self._lines - before

    def rows(
        self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()
    ) -> list[dict[str, Any]]:
        """Answer a query over `events` and `invalid_lines`. Raises QueryError."""
        _require_reading(sql)

        def ask(database: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
            found = database.execute(sql, parameters)
            names = [column[0] for column in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

        try:
            return self._ask(ask)
        except duckdb.Error as error:
            raise QueryError(str(error)) from error

    def matches(self, prefix: str) -> list[Match]:
        """Return the id that is `prefix`, else those that begin with it, at most 1,000 a kind."""
        return self._ask(lambda database: matches(database, prefix))

    def connected(self, identifier: str) -> list[EventLine]:
        """Return all events of the story that a whole id belongs to, in the order of time."""
        return self._ask(lambda database: connected(database, identifier))

    def raw(self, row: int) -> bytes:
        """Return the line as it stands in its file, by `events.row`. Raises LineGone."""
        sql = (
            "SELECT event_id, byte_offset, byte_length"
            " FROM kept.stored WHERE row = $row UNION ALL"
            " SELECT NULL, byte_offset, byte_length FROM kept.invalid WHERE row = $row"
        )
        found = self._ask(lambda database: database.execute(sql, {"row": row}).fetchall())
        file = self._rows().get(row // LINES_A_FILE)
        if not found or file is None:
            raise LineGone(f"there is no line with the number {row}")
        event_id, offset, length = found[0]
        content = b""
        with contextlib.suppress(OSError), open_stream(file.file.path, offset) as read:
            while len(content) < length and (more := read(length - len(content))):
                content += more
        if len(content) < length or (event_id or "").encode() not in content:
            raise LineGone(f"{file.file.path} is gone, or has changed")
        return content

    def coverage(self) -> list[FileCoverage]:
        """Return what was found in each file."""
        return [row.coverage(self._stdin) for row in self._rows().values()]

    def close(self) -> None:
        """Let go of the folder; that of standard input is removed."""
        self._kept.close()
        if self._stdin:
            shutil.rmtree(self._kept.folder, ignore_errors=True)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _fill(self) -> None:
        """Take in what is new; whoever calls holds the writer's lock."""
        try:
            if not self._prepared or not self._kept.path.exists():
                self._kept.prepare()
                self._prepared = True
            with self._kept.reading() as database, damage_told():
                rows = file_rows(database, self._stdin)
        except IndexDamaged as damage:
            self._tell(f"made anew, since what was kept cannot be used: {damage}")
            self._kept.discard()
            self._kept.prepare()
            rows = {}
        tasks = pending([row.file for row in rows.values()], self._found())
        if tasks:
            filling = Filling(
                kept=self._kept,
                rows=rows,
                stdin=self._stdin,
                tell=self._tell,
                progress=self._progress,
            )
            filling.take_in(tasks)

    def _ask(self, ask: Callable[[duckdb.DuckDBPyConnection], Answer]) -> Answer:
        """Ask the kept database; a damaged one is made anew first."""
        try:
            with self._kept.reading() as database, damage_told():
                return ask(database)
        except IndexDamaged as damage:
            self._tell(f"made anew, since it is damaged: {damage}")
        held = self._writer.acquire(exclusive=True, wait_s=WRITER_WAIT_S)
        try:
            self._kept.discard()
            self._fill()
        finally:
            os.close(held)
        with self._kept.reading() as database:
            return ask(database)

    def _rows(self) -> dict[int, FileRow]:
        return self._ask(lambda database: file_rows(database, self._stdin))

    def _found(self) -> list[Path]:
        """Return the files of the sources; what has vanished since the opening may come back."""
        found: list[Path] = []
        for source in self._sources:
            with contextlib.suppress(MissingSource):
                found += discover([source])
        return [self._stdin if self._stdin and path == STDIN else path for path in found]

    def _copy_stdin(self) -> None:
        """Keep standard input as a file, since it can be read only once."""
        if self._stdin:
            with open_stream(STDIN) as read, self._stdin.open("wb") as file:
                while more := read(COPY_BYTES):
                    file.write(more)


def _require_reading(sql: str) -> None:
    try:
        kinds = [statement.type for statement in duckdb.extract_statements(sql)]
    except duckdb.Error as error:
        raise QueryError(str(error)) from error
    if len(kinds) != 1 or kinds[0] not in READING:
        raise QueryError("only a single query that reads is answered: SELECT, FROM, DESCRIBE …")


def _default_folder(sources: Sequence[Path]) -> Path:
    if STDIN in sources:
        return Path(tempfile.mkdtemp(prefix="narralytica-index-"))
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    key = "\n".join(sorted(str(source.absolute()) for source in sources))
    return cache / "narralytica" / "index" / hashlib.sha256(key.encode()).hexdigest()[:16]
