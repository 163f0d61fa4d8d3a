"""A run: a client sends jobs, faults befall the stack, then all that is left may end."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from uuid import UUID

from stack.processes import Service, stop
from tests.chaos.client import Client
from tests.chaos.faults import End, Fault, Kind, draw, kinds
from tests.chaos.outcome import Outcome, outcome_of
from tests.chaos.site import Site, running_site

# How long everything may take to end once no more faults come.
SETTLE_S = 300.0
TICK_S = 0.05

_OPEN = """
    SELECT (SELECT count(*) FROM jobs WHERE ended_at IS NULL)
         + (SELECT count(*) FROM procrastinate_jobs)
         + (SELECT count(*) FROM outbox)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do; the seed decides which faults come when, and what the workers' luck is.

    `settings` are the services' own, by default their defaults; `stalled_s` is the one among them
    that the faults go by.
    """

    seed: int
    seconds: float
    jobs: int = 500
    workers: int = 10
    fault_every_s: float = 8.0
    stalled_s: float = 10.0
    away_s: float = 60.0
    settings: Mapping[str, str] = field(default_factory=dict)


def carried_out(plan: Plan, folder: Path, progress: Callable[[str], None]) -> Outcome:
    """Carry a plan out; the event lines and logs stay in `folder`."""
    random = Random(plan.seed)  # noqa: S311  faults, no secrets
    with running_site(
        workers=plan.workers, seed=plan.seed, settings=plan.settings, folder=folder
    ) as site:
        keys = [UUID(int=random.getrandbits(128), version=4) for _ in range(plan.jobs)]
        client = Client(site.api_url, keys, every_s=plan.seconds / plan.jobs)
        client.start()
        faults = _befall(site, plan, random, progress)
        progress("no more faults")
        _settle(site, client)
        stop((site.api, *site.workers))
        kept = dict(site.query("SELECT job_id::text, status FROM jobs"))
        return outcome_of(site.folders, kept, client.accepted, faults)


def _befall(site: Site, plan: Plan, random: Random, progress: Callable[[str], None]) -> list[Fault]:
    """Let faults come until the time is up, and end those that last."""
    known = kinds(stalled_s=plan.stalled_s, away_s=plan.away_s)
    befallen: list[Fault] = []
    lasting: list[tuple[float, Fault, End]] = []
    end_s = time.monotonic() + plan.seconds
    next_s = time.monotonic() + random.expovariate(1 / plan.fault_every_s)
    while time.monotonic() < end_s:
        site.keep_running()
        lasting = [one for one in lasting if not _ended(*one)]
        if time.monotonic() >= next_s:
            free = not any(fault.of_database for _, fault, _ in lasting)
            name = draw(random, known, database_is_free=free)
            worker = random.choice(site.workers)
            progress(f"{name}: {worker.name}")
            fault, end = _begun(site, name, known[name], worker)
            befallen.append(fault)
            lasting.append((time.monotonic() + known[name].seconds, fault, end))
            next_s = time.monotonic() + random.expovariate(1 / plan.fault_every_s)
        time.sleep(TICK_S)
    for _, fault, end in lasting:
        _ended(0, fault, end)
    return befallen


def _begun(site: Site, name: str, kind: Kind, worker: Service) -> tuple[Fault, End]:
    end = kind.begin(site, worker)
    return Fault(kind=name, of_database=kind.of_database, ended=time.time()), end


def _ended(at_s: float, fault: Fault, end: End) -> bool:
    """End a fault once its time has come."""
    if time.monotonic() < at_s:
        return False
    end()
    fault.ended = time.time()
    return True


def _settle(site: Site, client: Client) -> None:
    """Wait until all that was accepted has ended, or the time for that is up."""
    deadline_s = time.monotonic() + SETTLE_S
    while client.is_alive() or site.query(_OPEN) != [(0,)]:
        if time.monotonic() > deadline_s:
            return
        site.keep_running()
        time.sleep(TICK_S)
