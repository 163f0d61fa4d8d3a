"""Serves each application in turn, in fresh processes, loads it, and counts what it told."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from socket import socket
from tempfile import TemporaryDirectory

from benchmarks.http.applications import APPLICATIONS, PATH
from benchmarks.http.wrk import Load, load

START_S = 30.0
STOP_S = 10.0
LOOPBACK = "127.0.0.1"


class FailedServer(Exception):
    """A server did not start, or did not do what its application says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much to measure."""

    applications: tuple[str, ...]
    rounds: int
    seconds: int
    warm_up_seconds: int
    connections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One round of one application; `cpu_us` is the server's processor time a request."""

    load: Load
    cpu_us: float


Measurements = Mapping[str, list[Measured]]


def measured(plan: Plan, wrk: str, progress: Callable[[str], None]) -> Measurements:
    """Measure every application once a round, each round from another start.

    Raises FailedServer and FailedLoad.
    """
    found: dict[str, list[Measured]] = {name: [] for name in plan.applications}
    for number in range(plan.rounds):
        progress(f"round {number + 1} of {plan.rounds}")
        shift = number % len(plan.applications)
        for name in (*plan.applications[shift:], *plan.applications[:shift]):
            found[name].append(_measure(plan, wrk, name))
    return found


def check(name: str) -> None:
    """Serve one application and ask it once. Raises FailedServer."""
    with TemporaryDirectory(prefix="benchmarks-http-") as folder:
        lines = Path(folder) / "lines"
        with _serving(name, lines) as (port, _):
            _check_answer(name, port)
        _check_events(name, lines, range(1, 2))


def _measure(plan: Plan, wrk: str, name: str) -> Measured:
    with TemporaryDirectory(prefix="benchmarks-http-") as folder:
        lines = Path(folder) / "lines"
        with _serving(name, lines) as (port, process):
            _check_answer(name, port)
            url = f"http://{LOOPBACK}:{port}{PATH}"
            warm_up = load(wrk, url, connections=plan.connections, seconds=plan.warm_up_seconds)
            before_s = _processor_s(process)
            counted = load(wrk, url, connections=plan.connections, seconds=plan.seconds)
            used_s = _processor_s(process) - before_s
        # wrk does not count what it leaves unanswered when its time is up.
        answered = 1 + warm_up.requests + counted.requests
        _check_events(name, lines, range(answered, answered + 2 * plan.connections + 1))
    return Measured(load=counted, cpu_us=1e6 * used_s / counted.requests)


@contextmanager
def _serving(name: str, lines: Path) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """Run a server, its stdout in a file, until the block ends."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("OBS_")}
    with socket() as listening, lines.open("ab") as stdout:
        listening.bind((LOOPBACK, 0))
        listening.listen(1024)
        port = listening.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.http.server", name, str(listening.fileno())],
            env={**inherited, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=stdout,
            pass_fds=[listening.fileno()],
        )
    # From here on the socket is the server's alone: if it dies, whoever waits is told at once.
    try:
        yield port, process
    finally:
        process.terminate()
        process.wait(STOP_S)


def _check_answer(name: str, port: int) -> None:
    """Wait for the first answer; it bears an id if the application gives one."""
    connection = HTTPConnection(LOOPBACK, port, timeout=START_S)
    try:
        connection.request("GET", PATH)
        answer = connection.getresponse()
        answer.read()
    except OSError as error:
        raise FailedServer(f"{APPLICATIONS[name].label}: no answer: {error}") from error
    finally:
        connection.close()
    with_id = answer.getheader("X-Request-Id") is not None
    if answer.status != 200 or with_id != APPLICATIONS[name].answers_with_id:
        raise FailedServer(f"{APPLICATIONS[name].label}: {answer.status}, id: {with_id}")


def _check_events(name: str, lines: Path, answered: range) -> None:
    told = lines.read_bytes().count(b"\n")
    application = APPLICATIONS[name]
    if application.events == 0 and told != 0:
        raise FailedServer(f"{application.label}: told {told} events, none was expected")
    if application.events == 1 and told not in answered:
        raise FailedServer(
            f"{application.label}: told {told} events of {answered[0]} to {answered[-1]} requests"
        )


def _processor_s(process: "subprocess.Popen[bytes]") -> float:
    """Return the processor time a running process has used (Linux; elsewhere 0)."""
    try:
        told = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii")
    except OSError:
        return 0.0
    # After the command's name, in brackets, field 3 comes first; utime and stime are 14 and 15.
    fields = told.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
