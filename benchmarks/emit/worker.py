"""One measurement, in a process of its own whose stdout is the destination."""

import importlib
import json
import re
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Barrier
from typing import cast

from benchmarks.emit.catalogue import CATALOGUE
from benchmarks.emit.subject import Subject

IO_COUNTS = Path("/proc/self/io")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What to measure: `events` events a repeat, a multiple of `threads`, which share them."""

    subject: str
    threads: int
    events: int
    repeats: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was measured: time an event in each repeat.

    Of the `emitted` events, `timed` were timed; `writes` counts the write calls meanwhile (`syscw`
    of /proc/self/io), None where the system does not tell.
    """

    emitted: int
    timed: int
    setup_ms: float
    first_event_us: float
    wall_us: list[float]
    cpu_us: list[float]
    writes: int | None


def run(task: Task) -> Outcome:
    """Set the subject up, warm it up, and time it."""
    began = time.perf_counter()
    subject = set_up(task.subject)
    ready = time.perf_counter()
    subject.write(1)
    first = time.perf_counter()
    subject.write(task.events)
    subject.finish()
    writes_before = _write_calls()
    timings = [_timed(_emitters(subject, task), task.events) for _ in range(task.repeats)]
    writes_after = _write_calls()
    return Outcome(
        emitted=1 + task.events * (1 + task.repeats),
        timed=task.events * task.repeats,
        setup_ms=1e3 * (ready - began),
        first_event_us=1e6 * (first - ready),
        wall_us=[wall_us for wall_us, _ in timings],
        cpu_us=[cpu_us for _, cpu_us in timings],
        writes=None if writes_before is None else (writes_after or 0) - writes_before,
    )


def set_up(name: str) -> Subject:
    """Import the subject's module, which nothing else has done, and set it up."""
    module, function = CATALOGUE[name].setup.split(":")
    subject = getattr(importlib.import_module(f"benchmarks.emit.subjects.{module}"), function)()
    return cast(Subject, subject)


def _timed(emit_all: Callable[[], None], events: int) -> tuple[float, float]:
    """Return wall and processor time, in microseconds an event."""
    cpu, wall = time.process_time(), time.perf_counter()
    emit_all()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return 1e6 * wall / events, 1e6 * cpu / events


def _emitters(subject: Subject, task: Task) -> Callable[[], None]:
    """Return what emits all events of a repeat; its threads are up and waiting."""
    if task.threads == 1:

        def emit_alone() -> None:
            subject.write(task.events)
            subject.finish()

        return emit_alone

    barrier = Barrier(task.threads + 1)

    def emit_share() -> None:
        barrier.wait()
        subject.write(task.events // task.threads)

    pool = ThreadPoolExecutor(task.threads)
    shares = [pool.submit(emit_share) for _ in range(task.threads)]

    def emit_together() -> None:
        barrier.wait()
        for share in shares:
            share.result()
        subject.finish()

    return emit_together


def _write_calls() -> int | None:
    try:
        counts = IO_COUNTS.read_text(encoding="ascii")
    except OSError:
        return None
    found = re.search(r"^syscw: (\d+)$", counts, re.MULTILINE)
    return int(found[1]) if found else None


def main(task: str, outcome_path: str) -> None:
    """Run a task given as JSON; leave its outcome, as JSON, in a file."""
    outcome = run(Task(**json.loads(task)))
    Path(outcome_path).write_text(json.dumps(asdict(outcome)), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
