"""Brings the kept database up to date: reads what is new, has it judged, and takes it in.

Each batch is one transaction, which also moves the files' positions on. Whoever is killed in
between leaves what was committed, and the next one goes on from there.
"""

import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from explorer.index.files import FileRow
from explorer.index.kept import KeptDatabase
from explorer.index.schema import find_repeats, load_events, load_invalid
from explorer.sources import Block, KnownFile, Position, Task, open_stream, read_blocks
from explorer.spool.judges import Submit, judges
from explorer.spool.judging import LINES_A_FILE, Judged, Order, events_file, invalid_file

#: At most two of the engine's row groups: it writes anew what leaves one nearly empty.
BATCH_EVENTS = 245_760
BATCH_BLOCKS = 200
#: So much of a batch's bytes, when no more is left, is committed with it.
REST = 0.25
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
    """A block that is being judged, or has been: of which file, and where it ends."""

    file: KnownFile
    end: Position
    size_bytes: int
    spool: Path
    judged: Future[Judged]


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
        """Read what the tasks name, and commit it batch by batch.

        While one batch is committed the next is judged, but none after it.
        """
        total = sum(task.left_bytes for task in tasks)
        processes = 0 if total < ALONE_BYTES else min(MOST_JUDGES, len(os.sched_getaffinity(0)))
        work = self.kept.folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        batch: list[_Asked] = []
        left_bytes = total
        committed: Future[None] | None = None
        with judges(processes) as submit, ThreadPoolExecutor(max_workers=1) as beside:
            asked_for = self._asked(tasks, submit, work, BLOCKS_AHEAD * (processes or 1))
            for asked in self._telling(asked_for, total):
                left_bytes -= asked.size_bytes
                if _is_full(batch, asked, left_bytes):
                    if committed:
                        committed.result()
                    committed = beside.submit(self._commit, batch)
                    batch = []
                batch.append(asked)
            if committed:
                committed.result()
        read = [task.file for task in tasks if task.file.number not in self.unread]
        self._commit(batch, read, alone=True)
        shutil.rmtree(work, ignore_errors=True)

    def _telling(self, asked_for: Iterable[_Asked], total: int) -> Iterator[_Asked]:
        """Tell the progress with each block that has been judged."""
        lines = done = 0
        for asked in asked_for:
            lines += asked.judged.result().lines
            done += asked.size_bytes
            if self.progress:
                self.progress(Progress(bytes_read=done, bytes_total=total, lines=lines))
            yield asked

    def _asked(
        self, tasks: Sequence[Task], submit: Submit, work: Path, ahead: int
    ) -> Iterator[_Asked]:
        """Yield the blocks in order, while so many after them are already being judged."""
        waiting: deque[_Asked] = deque()
        numbers = count()
        for task in tasks:
            for block in self._blocks(task):
                spool = work / str(next(numbers))
                order = Order(file=task.file.number, block=block, spool=spool)
                # Without its bytes, which nobody needs any more once it has been judged.
                waiting.append(
                    _Asked(
                        file=task.file,
                        end=block.end,
                        size_bytes=block.end.offset - block.start.offset,
                        spool=spool,
                        judged=submit(order),
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

    def _commit(
        self, batch: Sequence[_Asked], read: Sequence[KnownFile] = (), *, alone: bool = False
    ) -> None:
        """Take in the blocks of a batch; the files of `read` have been read to their end.

        `alone` says that nothing is judged beside it.
        """
        touched: set[int] = set()
        for asked in batch:
            number = asked.file.number
            row = self.rows.get(number) or FileRow(file=asked.file)
            self.rows[number] = row.with_block(asked.end, asked.judged.result())
            touched.add(number)
        for file in read:
            row = self.rows.get(file.number) or FileRow(file=file)
            self.rows[file.number] = row.read_to_its_end(file)
            touched.add(file.number)
        if not touched:
            return
        events = [events_file(asked.spool) for asked in batch if asked.judged.result().events]
        invalid = [invalid_file(asked.spool) for asked in batch if asked.judged.result().invalid]
        with self.kept.writing(alone=alone) as database:
            if events:
                database.execute(find_repeats(events))
                for (row,) in database.execute("FROM repeated").fetchall():
                    number = row // LINES_A_FILE
                    self.rows[number] = self.rows[number].with_repeat()
                database.execute(load_events(events))
            if invalid:
                database.execute(load_invalid(invalid))
            for number in touched:
                self.rows[number].save(database, self.stdin)
        for path in (*events, *invalid):
            path.unlink()


def _is_full(batch: Sequence[_Asked], following: _Asked, left_bytes: int) -> bool:
    """Tell whether a batch is committed without the block that follows, behind which so much is."""
    if len(batch) == BATCH_BLOCKS:
        return True
    events = sum(asked.judged.result().events for asked in (*batch, following))
    # What is left is a guess where files are packed, and may be less than nothing.
    rest = 0 <= left_bytes <= REST * sum(asked.size_bytes for asked in batch)
    return bool(batch) and events > BATCH_EVENTS and not rest
