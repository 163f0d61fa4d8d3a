"""Brings the kept database up to date: reads what is new, has it judged, and takes it in.

Each batch is one transaction, which also moves the files' positions on. Whoever is killed in
between leaves what was committed, and the next one goes on from there.
"""

import os
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from explorer.index.files import FileRow
from explorer.index.judges import Submit, judges
from explorer.index.judging import Judged, Order, events_file, invalid_file
from explorer.index.kept import KeptDatabase
from explorer.index.schema import LINES_A_FILE, find_repeats, load_events, load_invalid
from explorer.sources import Block, Task, open_stream, read_blocks

#: Two of the engine's row groups.
BATCH_EVENTS = 491_520
BATCH_BLOCKS = 200
#: Starting processes pays only for more than this.
ALONE_BYTES = 8 << 20
MOST_JUDGES = 8
BLOCKS_AHEAD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a refresh is; `bytes_total` is what there was to read when it began."""

    bytes_read: int
    bytes_total: int
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A block that is being judged."""

    row: FileRow
    block: Block
    spool: Path
    judged: Future[Judged]


@dataclass(slots=True, kw_only=True)
class _Batch:
    """What the next transaction takes in."""

    rows: dict[int, FileRow]
    touched: set[int] = field(default_factory=set)
    events: list[Path] = field(default_factory=list)
    invalid: list[Path] = field(default_factory=list)
    events_count: int = 0
    blocks: int = 0

    def add(self, asked: _Asked, judged: Judged) -> None:
        """Add a judged block; those of a file come in order."""
        number = asked.row.file.number
        row = self.rows.get(number, asked.row)
        self.rows[number] = row.with_block(asked.block.end, judged)
        self.touched.add(number)
        self.blocks += 1
        if judged.events:
            self.events.append(events_file(asked.spool))
            self.events_count += judged.events
        if judged.invalid:
            self.invalid.append(invalid_file(asked.spool))


@dataclass(slots=True, kw_only=True)
class Filling:
    """One refresh of an index, by the one process that may write."""

    kept: KeptDatabase
    rows: dict[int, FileRow]
    stdin: Path | None
    tell: Callable[[str], None]
    progress: Callable[[Progress], None] | None = None
    unread: set[int] = field(default_factory=set)

    def take_in(self, tasks: Sequence[Task]) -> None:
        """Read what the tasks name, and commit it batch by batch."""
        total = sum(task.left_bytes for task in tasks)
        processes = 0 if total < ALONE_BYTES else min(MOST_JUDGES, len(os.sched_getaffinity(0)))
        work = self.kept.folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        lines = done = 0
        batch = _Batch(rows=self.rows)
        with judges(processes) as submit:
            for asked in self._judged(tasks, submit, work, BLOCKS_AHEAD * (processes or 1)):
                judged = asked.judged.result()
                batch.add(asked, judged)
                lines += judged.lines
                done += asked.block.end.offset - asked.block.start.offset
                if self.progress:
                    self.progress(Progress(bytes_read=done, bytes_total=total, lines=lines))
                if batch.events_count >= BATCH_EVENTS or batch.blocks >= BATCH_BLOCKS:
                    self._commit(batch)
                    batch = _Batch(rows=self.rows)
        for task in tasks:
            if task.file.number in self.unread:
                continue
            row = self.rows.get(task.file.number) or FileRow(file=task.file)
            self.rows[task.file.number] = row.read_to_its_end(task.file)
            batch.touched.add(task.file.number)
        self._commit(batch)
        shutil.rmtree(work, ignore_errors=True)

    def _judged(
        self, tasks: Sequence[Task], submit: Submit, work: Path, ahead: int
    ) -> Iterator[_Asked]:
        """Yield the blocks in order, while so many after them are already being judged."""
        waiting: deque[_Asked] = deque()
        numbers = count()
        for task in tasks:
            for block in self._blocks(task):
                spool = work / str(next(numbers))
                order = Order(file=task.file.number, block=block, spool=spool)
                waiting.append(
                    _Asked(
                        row=FileRow(file=task.file), block=block, spool=spool, judged=submit(order)
                    )
                )
                if len(waiting) > ahead:
                    yield waiting.popleft()
        yield from waiting

    def _blocks(self, task: Task) -> Iterator[Block]:
        try:
            with open_stream(task.file.path, task.file.position.offset) as read:
                yield from read_blocks(read, task.file.position, final=task.packed)
        except OSError as error:
            self.unread.add(task.file.number)
            self.tell(f"{task.file.path} is passed over: {error.strerror or error}")

    def _commit(self, batch: _Batch) -> None:
        if not batch.touched:
            return
        with self.kept.writing() as database:
            repeated: list[int] = []
            if batch.events:
                database.execute(find_repeats(batch.events))
                found = database.execute("FROM repeated").fetchall()
                repeated = [row // LINES_A_FILE for (row,) in found]
                database.execute(load_events(batch.events))
            if batch.invalid:
                database.execute(load_invalid(batch.invalid))
            for number in repeated:
                self.rows[number] = self.rows[number].with_repeat()
            for number in batch.touched:
                self.rows[number].save(database, self.stdin)
        for path in (*batch.events, *batch.invalid):
            path.unlink()
