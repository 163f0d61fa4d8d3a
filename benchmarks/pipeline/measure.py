"""Sends work through the pipeline and measures what comes of it."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from benchmarks.pipeline.ledger import OBSERVABILITY, WORK
from benchmarks.pipeline.load import Load, Request, ingest, load, search, upload
from benchmarks.pipeline.memory import Growth, Sizes
from benchmarks.pipeline.site import PipelineSite, pipeline_site
from benchmarks.search.generated import GeneratedSpeech

SAMPLE_S = 0.5
DEADLINE_S = 3600.0
CUES = 40
CUE_S = 4
# Until a worker has loaded its models and imports, it is no measure of anything.
WARM_UP_JOBS = 3
_SEED = 3

_UNENDED = "SELECT count(*) FROM jobs WHERE ended_at IS NULL"
_NOT_COMPLETED = "SELECT count(*) FROM jobs WHERE status <> 'completed'"
_WORKED_OFF = """
    SELECT count(*), extract(epoch FROM max(jobs.ended_at) - min(runs.first))::float8
    FROM (SELECT job_id, min(started_at) AS first FROM job_runs GROUP BY job_id) AS runs
    JOIN jobs USING (job_id)
"""
_WALL = """
    SELECT (1000 * extract(epoch FROM ended_at - accepted_at))::float8
    FROM jobs ORDER BY accepted_at DESC LIMIT {}
"""


class FailedJobs(Exception):
    """Some of the jobs did not complete, or not in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much to measure."""

    idle_jobs: int
    text_jobs: int
    lone_jobs: int
    recordings: int
    searches: int
    clients: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What observability took of something, by its parts, in milliseconds each."""

    whole_ms: float
    parts_ms: Mapping[str, float]

    @property
    def share(self) -> float:
        """Return how much of the whole it is."""
        return sum(self.parts_ms.values()) / self.whole_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """How fast jobs were worked off, in processes that did nothing else, and what that took.

    `work` is the time that workers spent on a job, of which observability has its share.
    """

    jobs: int
    jobs_per_s: float
    work: Share
    memory: Mapping[str, Growth]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Everything that was measured.

    `alone` is the wall time of a text's job while no other job is there, `recording` that of a
    recording's; without recordings it is None.
    """

    ingest: Load
    idle: Drained
    text: Drained
    alone: Share
    recording: Share | None
    search: Load
    searching: Share


def measured(plan: Plan, progress: Callable[[str], None]) -> Measured:
    """Measure all of it. Raises FailedJobs, FailedRequest and OSError."""
    with pipeline_site() as site:
        progress(f"sending {plan.idle_jobs} requests to POST /ingest")
        sent = load(site.port, [ingest("A word.")] * plan.idle_jobs, clients=plan.clients)
        progress("working them off, with idle workers")
        with site.workers(idle=True):
            idle = _drained(site)
    speech = GeneratedSpeech(_SEED)
    with pipeline_site() as site, site.workers(idle=False):
        progress("warming the workers up")
        load(site.port, _texts(speech, WARM_UP_JOBS), clients=1)
        _wait(site, Sizes())
        progress(f"working off {plan.lone_jobs} texts, one at a time")
        alone = _alone(site, list(_texts(speech, plan.lone_jobs)))
        recording = None
        if plan.recordings:
            progress(f"working off {plan.recordings} recordings, one at a time, and one before")
            _alone(site, [_recording()])
            recording = _alone(site, [_recording()] * plan.recordings)
        progress(f"working off {plan.text_jobs} texts")
        text = _worked_off(site, list(_texts(speech, plan.text_jobs)), plan.clients)
        progress(f"searching {plan.searches} times")
        before = _spent(site)
        queries = [search(query) for query in speech.queries(plan.searches)]
        searched = load(site.port, queries, clients=plan.clients)
        searching = _share(_spent(site), before, plan.searches, whole=None)
    return Measured(
        ingest=sent,
        idle=idle,
        text=text,
        alone=alone,
        recording=recording,
        search=searched,
        searching=searching,
    )


def _texts(speech: GeneratedSpeech, count: int) -> Iterator[Request]:
    """Yield subtitles of some minutes each."""
    for _ in range(count):
        cues = [
            f"{_clock(at * CUE_S)} --> {_clock((at + 1) * CUE_S)}\n<v Ada>{text}\n"
            for at, text in enumerate(speech.texts(CUES))
        ]
        yield ingest("WEBVTT\n\n" + "\n".join(cues))


def _recording() -> Request:
    """Return the demonstration's recording of eleven seconds."""
    return upload("recording.wav", files("stack").joinpath("demo_media/recording.wav").read_bytes())


def _clock(seconds: int) -> str:
    return f"{seconds // 60:02}:{seconds % 60:02}.000"


def _drained(site: PipelineSite) -> Drained:
    """Wait until what is in the queue is worked off, by workers that were just started."""
    sizes = Sizes()
    _wait(site, sizes)
    [(jobs, elapsed_s)] = site.ask(_WORKED_OFF)
    spent = _spent(site, "worker")
    nothing = dict.fromkeys(spent, 0.0)
    return Drained(
        jobs=int(jobs),
        jobs_per_s=jobs / elapsed_s,
        work=_share(spent, nothing, int(jobs), whole=None),
        memory=sizes.growth(),
    )


def _worked_off(site: PipelineSite, requests: Sequence[Request], clients: int) -> Drained:
    """Send work to workers that wait for it, and wait until it is worked off."""
    sizes = Sizes()
    before, began_s = _spent(site, "worker"), time.perf_counter()
    load(site.port, requests, clients=clients)
    _wait(site, sizes)
    return Drained(
        jobs=len(requests),
        jobs_per_s=len(requests) / (time.perf_counter() - began_s),
        work=_share(_spent(site, "worker"), before, len(requests), whole=None),
        memory=sizes.growth(),
    )


def _alone(site: PipelineSite, requests: Sequence[Request]) -> Share:
    before = _spent(site)
    for request in requests:
        load(site.port, [request], clients=1)
        _wait(site, Sizes())
    wall_ms = [wall for (wall,) in site.ask(_WALL.format(len(requests)))]
    return _share(_spent(site), before, len(requests), whole=sum(wall_ms) / 1000)


def _wait(site: PipelineSite, sizes: Sizes) -> None:
    """Wait until every job has ended, and look at the memory meanwhile."""
    deadline_s = time.monotonic() + DEADLINE_S
    [(jobs,)] = site.ask("SELECT count(*) FROM jobs")
    while True:
        [(unended,)] = site.ask(_UNENDED)
        sizes.sample(site.services, int(jobs - unended))
        if unended == 0:
            break
        if time.monotonic() > deadline_s:
            raise FailedJobs(f"{unended:.0f} jobs have not ended within {DEADLINE_S:.0f} s")
        time.sleep(SAMPLE_S if unended > 1 else SAMPLE_S / 50)
    [(failed,)] = site.ask(_NOT_COMPLETED)
    if failed:
        raise FailedJobs(f"{failed:.0f} jobs ended otherwise than completed")


def _spent(site: PipelineSite, prefix: str = "") -> dict[str, float]:
    """Return what the services whose names begin so have spent, in seconds."""
    ledgers = [
        site.ledger(service.name).seconds()
        for service in site.services
        if service.name.startswith(prefix)
    ]
    return {name: sum(each[name] for each in ledgers) for name in (WORK, *OBSERVABILITY)}


def _share(
    after: Mapping[str, float], before: Mapping[str, float], count: int, *, whole: float | None
) -> Share:
    spent_ms = {name: 1000 * (after[name] - before[name]) / count for name in after}
    work_ms = spent_ms.pop(WORK)
    return Share(whole_ms=work_ms if whole is None else 1000 * whole / count, parts_ms=spent_ms)
