"""What one event allocates, by memray: Python's own allocator and malloc, native code included."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import memray

from benchmarks.emit.measure import run_subject
from benchmarks.emit.worker import set_up

WARM_UP = 200

RELEASES = frozenset(
    (
        memray.AllocatorType.FREE,
        memray.AllocatorType.MUNMAP,
        memray.AllocatorType.PYMALLOC_FREE,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocations:
    """What one event allocated on average, all of it together, released since or not."""

    bytes_an_event: float
    count_an_event: float


def allocations(subjects: tuple[str, ...], events: int) -> Mapping[str, Allocations]:
    """Measure each subject in a process of its own, writing to /dev/null."""
    with TemporaryDirectory(prefix="benchmarks-emit-") as folder:
        return {subject: _measured(subject, events, Path(folder)) for subject in subjects}


def _measured(subject: str, events: int, folder: Path) -> Allocations:
    outcome = folder / f"{subject}.json"
    run_subject(subject, "benchmarks.emit.memory", subject, str(events), str(outcome))
    return Allocations(**json.loads(outcome.read_text(encoding="utf-8")))


def _allocated(name: str, events: int, record: Path) -> Allocations:
    subject = set_up(name)
    subject.write(WARM_UP)
    subject.finish()
    with memray.Tracker(record, trace_python_allocators=True):
        subject.write(events)
        subject.finish()
    with memray.FileReader(record) as reader:
        made = [each for each in reader.get_allocation_records() if each.allocator not in RELEASES]
    return Allocations(
        bytes_an_event=sum(each.size for each in made) / events,
        count_an_event=sum(each.n_allocations for each in made) / events,
    )


def main(subject: str, events: str, outcome: str) -> None:
    """Measure one subject; leave what it allocates, as JSON, in a file."""
    path = Path(outcome)
    allocated = _allocated(subject, int(events), path.with_suffix(".memray"))
    path.write_text(json.dumps(asdict(allocated)), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
