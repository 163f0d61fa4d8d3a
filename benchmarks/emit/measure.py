"""Runs every combination in fresh processes, interleaved, and checks what each one wrote."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.emit.catalogue import CATALOGUE
from benchmarks.emit.verify import WrongLines, verify
from benchmarks.emit.worker import Outcome, Task

DESTINATIONS = ("null", "file")
THREADS = (1, 4)


class FailedSubject(Exception):
    """A subject's process ended with an error, which it has told on stderr."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much to measure; `events` is a multiple of the number of threads."""

    subjects: tuple[str, ...]
    events: int
    repeats: int
    rounds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """What one process measures."""

    subject: str
    destination: str
    threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What the processes of one combination measured, one outcome a round."""

    combination: Combination
    outcomes: tuple[Outcome, ...] = ()

    def wall_us(self) -> list[float]:
        """Return the time an event of every repeat of every round, in microseconds."""
        return [wall for outcome in self.outcomes for wall in outcome.wall_us]


def measured(plan: Plan, progress: Callable[[str], None]) -> tuple[Run, ...]:
    """Measure every combination once a round, each round from another start.

    Raises WrongLines when a subject did not write what it was asked for.
    """
    runs = [Run(combination=combination) for combination in _combinations(plan.subjects)]
    with TemporaryDirectory(prefix="benchmarks-emit-") as folder:
        for number in range(plan.rounds):
            progress(f"round {number + 1} of {plan.rounds}, {len(runs)} processes")
            shift = number * len(runs) // plan.rounds
            for at in (*range(shift, len(runs)), *range(shift)):
                outcome = measure(plan, runs[at].combination, Path(folder))
                runs[at] = replace(runs[at], outcomes=(*runs[at].outcomes, outcome))
    return tuple(runs)


def measure(plan: Plan, combination: Combination, folder: Path) -> Outcome:
    """Measure one combination once, in a fresh process, with `folder` for what it leaves.

    Raises FailedSubject and WrongLines.
    """
    entry = CATALOGUE[combination.subject]
    task = Task(
        subject=combination.subject,
        threads=combination.threads,
        events=plan.events,
        repeats=plan.repeats,
    )
    path = folder / "lines" if combination.destination == "file" else Path(os.devnull)
    stdout = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        run_subject(
            combination.subject,
            "benchmarks.emit.worker",
            json.dumps(asdict(task)),
            str(folder / "outcome"),
            stdout=stdout,
        )
    finally:
        os.close(stdout)
    outcome = Outcome(**json.loads((folder / "outcome").read_text(encoding="utf-8")))
    if combination.destination == "file":
        try:
            verify(path, entry.lines, outcome.emitted)
        except WrongLines as error:
            raise WrongLines(f"{entry.label}: {error}") from error
        path.unlink()
    return outcome


def run_subject(
    subject: str, module: str, *arguments: str, stdout: int = subprocess.DEVNULL
) -> None:
    """Run one of our modules in a fresh interpreter, in the subject's environment.

    Raises FailedSubject.
    """
    # What the caller's shell says about the façade must not decide what is measured.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OBS_")}
    ended = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env={
            **inherited,
            **CATALOGUE[subject].environment,
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        stdout=stdout,
        check=False,
    )
    if ended.returncode != 0:
        raise FailedSubject(f"{CATALOGUE[subject].label}: failed; its own words stand above")


def _combinations(subjects: tuple[str, ...]) -> Iterator[Combination]:
    for threads in THREADS:
        for destination in DESTINATIONS:
            for subject in subjects:
                if destination == "null" or CATALOGUE[subject].lines != "none":
                    yield Combination(subject=subject, destination=destination, threads=threads)
