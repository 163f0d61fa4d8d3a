"""What came of it: by the event lines, the judge's verdict on them, and the tables."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import get_args

from explorer.check import Break, check_files
from explorer.lines import EventLine, read_files, without_repeats
from stack.processes import Folders
from store.model import JobEnd
from tests.chaos.faults import Fault
from tests.chaos.unsteady_worker import Hiccup

ENDS = get_args(JobEnd)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The figures of a run; `lost` are accepted jobs without an end, in the tables or told.

    `recoveries_s` has, for each job run that a fault broke and that was to be tried again, how long
    after the last fault in its way the next attempt began.
    """

    accepted: int
    jobs: Mapping[str, int]
    job_runs: Mapping[str, int]
    faults: Mapping[str, int]
    breaks: Sequence[Break]
    lost: int
    doubled_ends: int
    recoveries_s: Sequence[float]
    lines: int

    @property
    def is_well(self) -> bool:
        """Whether nothing was lost, doubled or told wrongly."""
        return not (self.breaks or self.lost or self.doubled_ends)

    def recovery_s(self, share: float) -> float:
        """Return the recovery time that the share of all recoveries did not exceed."""
        ordered = sorted(self.recoveries_s)
        return ordered[math.ceil(share * len(ordered)) - 1] if ordered else 0.0


def outcome_of(
    folders: Folders, kept: Mapping[str, str], accepted: Sequence[str], faults: Sequence[Fault]
) -> Outcome:
    """Judge what the stopped stack has told; `kept` is each job's status in the tables."""
    paths = folders.event_files()
    lines = list(read_files(paths))
    verdict = check_files(paths)
    events = without_repeats(line for line in lines if isinstance(line, EventLine))
    told = {
        str(event.correlation["job_id"]) for event in events if _end_of(event, "job") is not None
    }
    run_ends = Counter(
        event.correlation["job_run_id"] for event in events if _end_of(event, "job_run")
    )
    return Outcome(
        accepted=len(accepted),
        jobs=Counter(kept.values()),
        job_runs=Counter(filter(None, (_end_of(event, "job_run") for event in events))),
        faults=Counter(fault.kind for fault in faults),
        breaks=verdict.breaks,
        lost=sum(kept.get(job_id) not in ENDS or job_id not in told for job_id in accepted),
        doubled_ends=sum(count > 1 for count in run_ends.values()),
        recoveries_s=tuple(_recoveries(events, faults)),
        lines=len(lines),
    )


def _end_of(event: EventLine, area: str) -> str | None:
    prefix, _, end = event.event_name.rpartition(".")
    return end if prefix == f"narralytica.{area}" and end in ENDS else None


def _recoveries(events: Sequence[EventLine], faults: Sequence[Fault]) -> Iterator[float]:
    starts: dict[tuple[object, object], list[EventLine]] = defaultdict(list)
    for event in events:
        if event.event_name == "narralytica.job_run.started":
            starts[event.correlation["job_id"], event.payload["worker"]].append(event)
    broken = _broken_runs(events)
    for attempts in starts.values():
        for before, after in pairwise(attempts):
            if before.correlation["job_run_id"] in broken:
                began, again = before.occurred_at.timestamp(), after.occurred_at.timestamp()
                in_its_way = [fault.ended for fault in faults if began < fault.ended < again]
                if in_its_way:
                    yield again - max(in_its_way)


def _broken_runs(events: Sequence[EventLine]) -> set[str | None]:
    """Return the job runs that failed and are tried again, but not by their own bad luck."""
    return {
        event.correlation["job_run_id"]
        for event in events
        if event.event_name == "narralytica.job_run.failed"
        and event.payload["will_retry"]
        and event.payload["error_type"] != Hiccup.__name__
    }
