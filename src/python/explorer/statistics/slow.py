"""The slowest jobs, and where their time went."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from explorer.statistics.selection import Selection
from explorer.trace.build import build
from explorer.trace.span import Span

MOST_JOBS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a job spent in one worker, or in one layer or index sync within a worker."""

    name: str
    within: str | None
    seconds: float
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTime:
    """Where a job's time went, in seconds: `total_s` from its first event to its last.

    Its runs worked `work_s`, after waits in the queue and from a failure to the next attempt. What
    is left is `other_s`; runs side by side can make it negative. `ended` says whether the job has.
    """

    job_id: str
    job_type: str
    status: str
    ended: bool
    total_s: float
    work_s: float
    queue_s: float
    retry_s: float
    attempts: int
    parts: tuple[Part, ...]

    @property
    def other_s(self) -> float:
        """What was neither work nor a wait that is told."""
        return self.total_s - self.work_s - self.queue_s - self.retry_s


def slowest_jobs(selection: Selection, most: int = MOST_JOBS) -> tuple[JobTime, ...]:
    """Return the slowest of the jobs that have an event in the selection, the slowest first."""
    rows = selection.ask(
        """
        SELECT job_id FROM events
        WHERE job_id IN (SELECT job_id FROM selected) AND action != 'status_viewed'
        GROUP BY job_id ORDER BY max(occurred_at) - min(occurred_at) DESC, job_id LIMIT ?
        """,
        [most],
    )
    told = (job_time(selection, row["job_id"]) for row in rows)
    return tuple(sorted((each for each in told if each), key=lambda each: -each.total_s))


def job_time(selection: Selection, job_id: str) -> JobTime | None:
    """Return where the time of one job went; None where nothing is told of it."""
    roots = build(selection.index.connected(job_id))
    jobs = [span for span in _all(roots) if span.kind == "job" and span.identifier == job_id]
    return _job_time(jobs[0], job_id) if jobs else None


def _job_time(job: Span, job_id: str) -> JobTime:
    runs = [span for span in job.children if span.kind == "run"]
    moments = [moment for span in _all([job]) for moment in (span.start, span.end) if moment]
    return JobTime(
        job_id=job_id,
        job_type=job.name.removeprefix("job "),
        status=job.status,
        ended=job.end is not None,
        total_s=_between(moments),
        work_s=sum(run.duration_s or 0 for run in runs),
        queue_s=sum(run.waited_s or 0 for run in runs if run.waited_for == "queue"),
        retry_s=sum(run.waited_s or 0 for run in runs if run.waited_for == "retry"),
        attempts=len(runs),
        parts=tuple(_parts(runs)),
    )


def _between(moments: list[datetime]) -> float:
    return (max(moments) - min(moments)).total_seconds() if moments else 0.0


def _parts(runs: Iterable[Span]) -> Iterator[Part]:
    """Yield workers in the order of their first run, each followed by its layers."""
    seconds: dict[tuple[str, str | None], list[float]] = {}
    for run in runs:
        seconds.setdefault((run.name, None), []).append(run.duration_s or 0)
        for step in run.children:
            seconds.setdefault((step.name, run.name), []).append(step.duration_s or 0)
    workers = [name for name, within in seconds if within is None]
    order = sorted(seconds, key=lambda key: (workers.index(key[1] or key[0]), key[1] is not None))
    for name, within in order:
        spent = seconds[name, within]
        yield Part(name=name, within=within, seconds=sum(spent), times=len(spent))


def _all(spans: Iterable[Span]) -> Iterator[Span]:
    for span in spans:
        yield span
        yield from _all(span.children)
