"""What became of the work that a machine had in hand when it was cut off."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from explorer.lines import EventLine, read_files, without_repeats
from stack.processes import Folders

_STARTED = "narralytica.job_run.started"
_ENDS = tuple(f"narralytica.job_run.{end}" for end in ("completed", "failed", "cancelled"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CutWork:
    """The job runs that were open on the machine at the cut, by how they ended.

    `lost` were given up by others, `late` ended on the machine itself, `doubled` both; `back_s` is
    how long after the machine's return each of its workers had begun a run again, None if one has
    not.
    """

    open_runs: int
    lost: int
    late: int
    doubled: int
    back_s: float | None


def cut_work(
    files_of_machine: Sequence[Path], folders: Folders, began: float, ended: float
) -> CutWork:
    """Find out from the event lines; the machine was cut off from `began` to `ended`."""
    there = _events(files_of_machine)
    elsewhere = _events(path for path in folders.event_files() if path not in files_of_machine)
    starts = [event for event in there if event.event_name == _STARTED]
    before = {_run(event) for event in starts if event.occurred_at.timestamp() < began}
    closed = {_run(event) for event in _ends(there) if event.occurred_at.timestamp() < began}
    still_open = before - closed
    ended_there = {_run(event) for event in _ends(there)} & still_open
    ended_elsewhere = {_run(event) for event in _ends(elsewhere)} & still_open
    back = [_back_s(path, ended) for path in files_of_machine]
    return CutWork(
        open_runs=len(still_open),
        lost=len(ended_elsewhere - ended_there),
        late=len(ended_there - ended_elsewhere),
        doubled=len(ended_there & ended_elsewhere),
        back_s=None if None in back else max(filter(None, back), default=None),
    )


def _back_s(file: Path, ended: float) -> float | None:
    starts = (event for event in _events([file]) if event.event_name == _STARTED)
    after = (event.occurred_at.timestamp() - ended for event in starts)
    return min((seconds for seconds in after if seconds > 0), default=None)


def _events(paths: Iterable[Path]) -> list[EventLine]:
    return without_repeats(line for line in read_files(paths) if isinstance(line, EventLine))


def _ends(events: Iterable[EventLine]) -> list[EventLine]:
    return [event for event in events if event.event_name in _ENDS]


def _run(event: EventLine) -> str | None:
    return event.correlation["job_run_id"]
