"""Streams lines of any number through the schemas and the rules, in bounded memory.

What the rules need of an event, about 400 bytes, goes to a temporary SQLite file, which sorts it by
job; memory holds the cache of that file (`CACHE_KIB`), one batch of rows, and the events of one job
at a time.
Nothing can be forgotten earlier, since a line may be delivered late, again and in another file: a
second end may come any time after the first.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

from explorer.check.fact import Break, Fact, Place, fact_of, packed, unpacked
from explorer.check.rules import Allowance, job_breaks
from explorer.lines import EventLine, parse_line
from explorer.sources import Line, read_lines

CACHE_KIB = 32 * 1024
BATCH = 2_000

TABLE = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA temp_store = FILE;
CREATE TABLE facts (
    job TEXT, run TEXT, at INTEGER, file INTEGER, line INTEGER,
    event_id TEXT, digest BLOB, body BLOB
);
"""
BY_JOB = """
SELECT file, line, event_id, digest, at, body FROM facts
WHERE job IS NOT NULL ORDER BY job, at, file, line
"""
DIFFERING_REPEATS = """
SELECT file, line, event_id, digest, at, body FROM facts WHERE event_id IN (
    SELECT event_id FROM facts WHERE event_id IS NOT NULL
    GROUP BY event_id HAVING count(DISTINCT digest) > 1
) ORDER BY event_id, file, line
"""
RUNS_OF_TWO_JOBS = """
SELECT file, line, event_id, digest, at, body FROM facts WHERE run IN (
    SELECT run FROM facts WHERE run IS NOT NULL GROUP BY run HAVING count(DISTINCT job) > 1
) ORDER BY run, at, file, line
"""

Row = tuple[int, int, str | None, bytes, int, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a whole stream is: its lines counted, and everything that it breaks."""

    lines: int
    breaks: tuple[Break, ...]


@dataclass(slots=True, kw_only=True)
class Judge(AbstractContextManager["Judge"]):
    """Takes in the lines of any number of files, and then tells what is wrong with them."""

    allowance: Allowance = field(default_factory=Allowance)
    #: Whether to pass over other programs' lines, rather than to tell each as a break.
    skip_foreign: bool = False
    lines: int = 0
    foreign: int = 0
    _files: list[str] = field(default_factory=list)
    _batch: list[tuple[object, ...]] = field(default_factory=list)
    _folder: TemporaryDirectory[str] = field(
        default_factory=lambda: TemporaryDirectory(prefix="narralytica-check-")
    )
    _store: sqlite3.Connection = field(init=False)

    def __post_init__(self) -> None:
        self._store = sqlite3.connect(Path(self._folder.name) / "facts")
        self._store.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._store.executescript(TABLE)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._store.close()
        self._folder.cleanup()

    def take(self, lines: Iterable[Line], name: str) -> Iterator[Break]:
        """Take in a file's lines; yield at once what is no valid event."""
        self._files.append(name)
        for line in lines:
            self.lines += 1
            place = Place(file=name, line=line.number)
            event = parse_line(line.content, file=name, number=line.number, fault=line.fault)
            if isinstance(event, EventLine):
                self._keep(fact_of(event, place, line.content))
            elif event.foreign and self.skip_foreign:
                self.foreign += 1
            else:
                yield _invalid(place, event.reason)

    def breaks(self) -> Iterator[Break]:
        """Yield every break of a lifecycle rule by the lines taken in so far."""
        self._write()
        for facts in self._grouped(RUNS_OF_TWO_JOBS, lambda fact: fact.run):
            yield from _other_job(facts)
        for facts in self._grouped(DIFFERING_REPEATS, lambda fact: fact.event_id):
            yield from _other_content(facts)
        for facts in self._grouped(BY_JOB, lambda fact: fact.job):
            yield from job_breaks(facts, self.allowance)

    def _keep(self, fact: Fact) -> None:
        self._batch.append(
            (
                fact.job,
                fact.run,
                fact.at,
                len(self._files) - 1,
                fact.place.line,
                fact.event_id,
                fact.digest,
                packed(fact),
            )
        )
        if len(self._batch) == BATCH:
            self._write()

    def _write(self) -> None:
        with self._store:
            self._store.executemany("INSERT INTO facts VALUES (?,?,?,?,?,?,?,?)", self._batch)
        self._batch.clear()

    def _grouped(self, query: str, key: Callable[[Fact], str | None]) -> Iterator[list[Fact]]:
        rows: Iterable[Row] = self._store.execute(query)
        for _, facts in groupby(map(self._fact, rows), key=key):
            yield list(facts)

    def _fact(self, row: Row) -> Fact:
        file, line, event_id, digest, at, body = row
        place = Place(file=self._files[file], line=line)
        return unpacked(body, place=place, event_id=event_id, digest=digest, at=at)


def check_files(paths: Iterable[Path], allowance: Allowance | None = None) -> Verdict:
    """Judge whole files. Raises OSError for an unreadable one."""
    with Judge(allowance=allowance or Allowance()) as judge:
        breaks: list[Break] = []
        for path in paths:
            breaks += judge.take(read_lines(path), str(path))
        breaks += judge.breaks()
        return Verdict(lines=judge.lines, breaks=tuple(breaks))


def _invalid(place: Place, reason: str) -> Break:
    return Break(place=place, rule="schema", message=reason)


def _other_job(facts: Sequence[Fact]) -> Iterator[Break]:
    first = facts[0]
    for fact in facts:
        if fact.job != first.job:
            yield fact.broken("4", f"puts the job run into another job than {first.place}")


def _other_content(facts: Sequence[Fact]) -> Iterator[Break]:
    first = facts[0]
    for fact in facts:
        if fact.digest != first.digest:
            yield fact.broken("7", f"bears the event_id of another event ({first.place})")
