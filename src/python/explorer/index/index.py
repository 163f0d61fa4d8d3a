"""The index: first simple version, everything in one process."""

import glob
import gzip
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import duckdb
import orjson

import observability as obs
from explorer.index.columns import ACTOR, CORRELATION, payload_columns
from explorer.lines import EventLine
from observability.events import JobStatusViewed

PREFIX = "narralytica."
ENDINGS = (".jsonl", ".log", ".json")
KINDS = {
    "request": "request_id",
    "job": "job_id",
    "job_run": "job_run_id",
    "trace": "trace_id",
    "event": "event_id",
}
FILE_ROWS = 1 << 34


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a refresh is; `bytes_total` is None where it is not known (standard input)."""

    bytes_read: int
    bytes_total: int | None
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An id, and what it identifies: request, job, job_run, trace or event."""

    kind: str
    identifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCoverage:
    """What was found in a file; `foreign` lines are other programs', `repeats` known events."""

    file: str
    lines: int
    events: int
    invalid: int
    foreign: int
    repeats: int
    bytes: int


class Index(AbstractContextManager["Index"]):
    """The events of some files, kept in a folder."""

    def __init__(self, sources: Sequence[Path], folder: Path) -> None:
        self._sources = sources
        self._spool = folder / "lines.ndjson"
        self._store = duckdb.connect(str(folder / "events.duckdb"))
        self._store.execute(_ddl())
        self._stdin: Path | None = None
        self._folder = folder

    @classmethod
    def open(
        cls,
        sources: Sequence[Path],
        *,
        folder: Path | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Self:
        """Open the index of `sources`, and bring it up to date."""
        folder = folder or _default_folder(sources)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        index = cls(sources, folder)
        index.refresh()
        return index

    def refresh(self) -> int:
        """Take in what is new; return how many lines that is."""
        return sum(self._take(path) for path in self._files())

    def rows(
        self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()
    ) -> list[dict[str, Any]]:
        """Answer a query."""
        asked = self._store.cursor().execute(sql, parameters)
        names = [column[0] for column in asked.description or ()]
        return [dict(zip(names, row, strict=True)) for row in asked.fetchall()]

    def matches(self, prefix: str) -> list[Match]:
        """Return the ids that are, or begin with, `prefix`."""
        found = []
        for kind, column in KINDS.items():
            for row in self.rows(
                f"SELECT DISTINCT {column} AS id FROM events WHERE {column} >= ? AND {column} < ?"
                " ORDER BY id LIMIT 100",
                [prefix, prefix + "g"],
            ):
                found.append(Match(kind=kind, identifier=row["id"]))
        exact = [match for match in found if match.identifier == prefix]
        return exact or found

    def connected(self, identifier: str) -> list[EventLine]:
        """Return all events of the requests and jobs that the id belongs to."""
        viewed = JobStatusViewed.event_name
        ids = " OR ".join(f"{column} = $id" for column in KINDS.values())
        sql = f"""
        WITH hits AS (SELECT * FROM events WHERE {ids}),
        hit_jobs AS (SELECT DISTINCT job_id FROM hits WHERE job_id IS NOT NULL),
        requests AS (
            SELECT request_id FROM hits WHERE event_name != $viewed OR request_id = $id
            UNION SELECT request_id FROM events
            WHERE event_name != $viewed AND job_id IN (FROM hit_jobs)
        ),
        jobs AS (
            FROM hit_jobs UNION SELECT job_id FROM events
            WHERE event_name != $viewed AND request_id IN (FROM requests)
        )
        SELECT * FROM events WHERE {ids} OR job_id IN (SELECT job_id FROM jobs WHERE job_id NOT NULL)
        OR request_id IN (SELECT request_id FROM requests WHERE request_id NOT NULL)
        ORDER BY occurred_at, event_id
        """
        return [_event(row) for row in self.rows(sql, {"id": identifier, "viewed": viewed})]

    def raw(self, row: int) -> bytes:
        """Return the line as it stood in the file."""
        (found,) = self.rows("SELECT file, byte_offset FROM stored WHERE row = ?", [row])
        with _opened(Path(found["file"])) as file:
            file.seek(found["byte_offset"])
            return file.readline()

    def coverage(self) -> list[FileCoverage]:
        """Return what was found in each file."""
        return [
            FileCoverage(**row)
            for row in self.rows(
                "SELECT path AS file, lines, events, invalid, foreign_lines AS foreign,"
                " repeats, bytes FROM files ORDER BY path"
            )
        ]

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._store.close()

    def _files(self) -> Iterator[Path]:
        for source in self._sources:
            if str(source) == "-":
                if self._stdin is None:
                    self._stdin = self._folder / "stdin.jsonl"
                    self._stdin.write_bytes(sys.stdin.buffer.read())
                yield self._stdin
            elif source.is_dir():
                yield from sorted(path for path in source.rglob("*") if _is_log(path))
            elif source.exists():
                yield source
            else:
                yield from map(Path, sorted(glob.glob(str(source), recursive=True)))

    def _take(self, path: Path) -> int:
        known = self.rows("SELECT * FROM files WHERE path = ?", [str(path)])
        number = known[0]["number"] if known else len(self.rows("SELECT 1 FROM files"))
        line, at = (known[0]["lines"], known[0]["bytes"]) if known else (0, 0)
        before = line
        events = foreign = 0
        invalid: list[tuple[object, ...]] = []
        with _opened(path) as file, self._spool.open("wb") as spool:
            file.seek(at)
            for content in file:
                if not content.endswith(b"\n"):
                    break
                line += 1
                kept = _judged(content)
                if kept is None:
                    foreign += 1
                elif kept:
                    excerpt = content[:200].decode(errors="replace")
                    invalid.append((str(path), line, kept, excerpt))
                else:
                    events += 1
                    spool.write(
                        b'{"line":%d,"byte_offset":%d,"event":%b}\n' % (line, at, content.strip())
                    )
                at += len(content)
        if line == before:
            return 0
        store = self._store
        store.begin()
        had = _count(store)
        if events:
            self._store.execute(_load(number, str(path), str(self._spool)))
        if invalid:
            store.executemany("INSERT INTO invalid_lines VALUES (?, ?, ?, ?)", invalid)
        new = _count(store) - had
        if not known:
            store.execute(
                "INSERT INTO files VALUES (?, ?, 0, 0, 0, 0, 0, 0)",
                [number, str(path)],
            )
        store.execute(
            "UPDATE files SET lines = ?, events = events + ?, invalid = invalid + ?,"
            " foreign_lines = foreign_lines + ?, repeats = repeats + ?, bytes = ?"
            " WHERE number = ?",
            [line, new, len(invalid), foreign, events - new, at, number],
        )
        store.commit()
        self._spool.unlink()
        return line - before


def _judged(content: bytes) -> str | None:
    """Return "" for an event, None for a line of another program, else what is wrong."""
    try:
        envelope = orjson.loads(content)
    except ValueError:
        return "is not JSON" if b'"' + PREFIX.encode() in content else None
    name = envelope.get("event_name") if isinstance(envelope, dict) else None
    if not (isinstance(name, str) and name.startswith(PREFIX)):
        return None
    broken = obs.envelope_violations(envelope)
    return "; ".join(f"{each.path or '/'} breaks {each.rule}" for each in broken)


def _ddl() -> str:
    own = ", ".join(f"{column.name} {column.sql_type}" for column in payload_columns())
    ids = ", ".join(f"{column} VARCHAR" for column in (*CORRELATION, *ACTOR))
    return f"""
    CREATE TABLE IF NOT EXISTS stored ("row" BIGINT, event_id VARCHAR, event_name VARCHAR,
        area VARCHAR, action VARCHAR, occurred_at TIMESTAMP, severity VARCHAR,
        schema_version VARCHAR, {ids}, {own}, payload VARCHAR, file VARCHAR, line BIGINT, byte_offset BIGINT);
    CREATE TABLE IF NOT EXISTS invalid_lines
        (file VARCHAR, line BIGINT, reason VARCHAR, excerpt VARCHAR);
    CREATE TABLE IF NOT EXISTS files (number BIGINT, path VARCHAR, lines BIGINT, events BIGINT,
        invalid BIGINT, foreign_lines BIGINT, repeats BIGINT, bytes BIGINT);
    CREATE OR REPLACE VIEW events AS SELECT * EXCLUDE (byte_offset) FROM stored;
    """


def _load(number: int, path: str, spool: str) -> str:
    texts = ", ".join(f"{column} VARCHAR" for column in CORRELATION)
    actor = ", ".join(f"{column} VARCHAR" for column in ACTOR)
    event = (
        "STRUCT(schema_version VARCHAR, event_id VARCHAR, event_name VARCHAR, occurred_at TIMESTAMP,"
        f" severity VARCHAR, correlation STRUCT({texts}), actor STRUCT({actor}), payload JSON)"
    )
    transformed = orjson.dumps({c.field: c.sql_type for c in payload_columns()}).decode()
    own = ", ".join(f'p."{column.field}"' for column in payload_columns())
    ids = ", ".join(f"event.correlation.{column}" for column in CORRELATION)
    actors = ", ".join(f"event.actor.{column}" for column in ACTOR)
    quoted = path.replace("'", "''")
    return f"""
    INSERT INTO stored
    SELECT {number} * {FILE_ROWS} + line, event.event_id, event.event_name,
        split_part(event.event_name, '.', 2),
        split_part(event.event_name, '.', -1),
        event.occurred_at, event.severity, event.schema_version, {ids}, {actors}, {own},
        event.payload, '{quoted}', line, byte_offset
    FROM (
        SELECT line, byte_offset, event, json_transform(event.payload, '{transformed}') AS p
        FROM read_ndjson('{spool}', columns = {{line: 'BIGINT', byte_offset: 'BIGINT', event: '{event}'}},
            maximum_object_size = 33554432)
        WHERE event.event_id IS NULL OR event.event_id NOT IN (
            SELECT event_id FROM stored WHERE event_id NOT NULL
        )
        QUALIFY event.event_id IS NULL
            OR row_number() OVER (PARTITION BY event.event_id ORDER BY line) = 1
    )
    """


def _event(row: Mapping[str, Any]) -> EventLine:
    return EventLine(
        event_id=row["event_id"],
        event_name=row["event_name"],
        occurred_at=row["occurred_at"].replace(tzinfo=UTC),
        correlation={column: row[column] for column in CORRELATION},
        service_name=row["service_name"],
        payload=orjson.loads(row["payload"]),
    )


def _opened(path: Path) -> BinaryIO:
    if path.suffix == ".gz":
        return gzip.open(path)  # type: ignore[return-value]
    if path.suffix == ".zst":
        import io

        import zstandard

        return io.BufferedReader(zstandard.open(path, "rb"))  # type: ignore[arg-type]
    return path.open("rb")


def _is_log(path: Path) -> bool:
    name = path.name.removesuffix(".gz").removesuffix(".zst")
    return name.endswith(ENDINGS) and path.is_file()


def _default_folder(sources: Sequence[Path]) -> Path:
    if any(str(source) == "-" for source in sources):
        return Path(tempfile.mkdtemp(prefix="narralytica-index-"))
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    key = "\n".join(sorted(str(source.absolute()) for source in sources))
    return cache / "narralytica" / "index" / hashlib.sha256(key.encode()).hexdigest()[:16]


def _count(store: duckdb.DuckDBPyConnection) -> int:
    (counted,) = store.execute("SELECT count(*) FROM stored").fetchall()[0]
    return int(counted)
