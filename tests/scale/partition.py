"""A run in which a machine is cut off for a while: what became of the work."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from uuid import UUID

from stack.processes import Folders
from store.pipeline import WORKERS
from tests.chaos.client import Client
from tests.chaos.faults import Fault
from tests.chaos.outcome import Outcome, outcome_of
from tests.scale.cut_work import CutWork, cut_work
from tests.scale.network import Machine
from tests.scale.site import API_URL, NEEDED_BY_ALL, TICK_S, Process, Site, running_site

WORKER_MACHINES = ("workers-1", "workers-2")
MACHINES = (*WORKER_MACHINES, *NEEDED_BY_ALL)

# How long everything may take to end once it is back.
SETTLE_S = 120.0

_ENDED_WITHIN = """
    SELECT count(*) FROM jobs WHERE ended_at BETWEEN to_timestamp(%s) AND to_timestamp(%s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Jobs come for `seconds`, evenly; after `cut_after_s` the machine `cut` is cut off.

    `programs` and `settings` are as `running_site` takes them. Every worker machine has a worker
    of each kind.
    """

    cut: str = "workers-2"
    cut_after_s: float = 15.0
    cut_for_s: float = 60.0
    seconds: float = 90.0
    jobs: int = 180
    seed: int = 1
    programs: Path | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """What came of a run; `during` counts the jobs that ended while the machine was cut off.

    `postgres` names the server, `tls` says whether it was reached by TLS.
    """

    outcome: Outcome
    cut_work: CutWork
    during: int
    postgres: str
    tls: bool

    @property
    def is_well(self) -> bool:
        """Whether nothing was lost, doubled or told wrongly."""
        return self.outcome.is_well and not self.cut_work.doubled


class ClientOnMachine(Client):
    """A client on the API's machine, where alone the API listens."""

    def __init__(self, machine: Machine, keys: list[UUID], every_s: float) -> None:
        super().__init__(API_URL, keys, every_s)
        self._machine = machine

    def run(self) -> None:
        """Send them all."""
        with self._machine.entered():
            super().run()


def carried_out(plan: Plan, folder: Path, progress: Callable[[str], None]) -> Partition:
    """Carry a plan out; the event lines and logs stay in `folder`."""
    random = Random(plan.seed)  # noqa: S311  luck, no secrets
    with running_site(
        workers=list(_workers(plan.seed)),
        programs=plan.programs,
        settings=plan.settings,
        folder=folder,
    ) as site:
        keys = [UUID(int=random.getrandbits(128), version=4) for _ in range(plan.jobs)]
        client = ClientOnMachine(site.machines["api"], keys, plan.seconds / plan.jobs)
        site.start_workers()
        client.start()
        _pass(site, plan.cut_after_s)
        began, ended = _cut(site, plan, progress)
        while client.is_alive():
            _pass(site, TICK_S)
        progress("all jobs are sent")
        site.wait_until_ended(SETTLE_S)
        [[during]] = site.query(_ENDED_WITHIN, began, ended)
        site.stop()
        kept = dict(site.query("SELECT job_id::text, status FROM jobs"))
        # The others need not wait for a worker machine: recovery is counted from the cut on.
        in_the_way_until = ended if plan.cut in NEEDED_BY_ALL else began
        fault = Fault(kind=f"{plan.cut} cut off", of_database=False, ended=in_the_way_until)
        return Partition(
            outcome=outcome_of(site.folders, kept, client.accepted, [fault]),
            cut_work=cut_work(_files(site.folders, plan.cut), site.folders, began, ended),
            during=int(during),
            postgres=site.postgres.version,
            tls=site.postgres.tls,
        )


def _workers(seed: int) -> Iterator[Process]:
    for machine in WORKER_MACHINES:
        for worker in WORKERS:
            arguments = (worker, f"{seed}-{machine}-{worker}")
            yield Process(
                machine=machine, module="tests.chaos.unsteady_worker", arguments=arguments
            )


def _cut(site: Site, plan: Plan, progress: Callable[[str], None]) -> tuple[float, float]:
    """Cut the machine off for a while; return from when until when, in Unix time."""
    machine = site.machines[plan.cut]
    progress(f"{plan.cut} is cut off")
    machine.cut_off()
    began = time.time()
    _pass(site, plan.cut_for_s)
    machine.connect()
    progress(f"{plan.cut} is back")
    return began, time.time()


def _pass(site: Site, seconds: float) -> None:
    """Let time pass, and keep everything running meanwhile."""
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        site.keep_running()
        time.sleep(TICK_S)


def _files(folders: Folders, machine: str) -> list[Path]:
    """Return the event files of the services on a machine."""
    return [path for path in folders.event_files() if path.name.startswith(f"{machine}.")]
