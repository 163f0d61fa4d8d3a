"""Runs commands, and measures their time and the memory of all their processes."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

POLL_S = 0.02


class FailedCommand(Exception):
    """A measured command did not do what it was to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a command: wall and processor seconds, peak resident MiB of all its processes."""

    wall_s: float
    cpu_s: float
    peak_mib: float
    output: str


def python(code: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs Python code with what this process can import."""
    return (sys.executable, "-c", code, *arguments)


def run(command: Sequence[str]) -> Run:
    """Run a command to its end. Raises FailedCommand."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    started = time.monotonic()
    before = os.times()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        peak = 0
        while True:
            try:
                output, error = process.communicate(timeout=POLL_S)
                break
            except subprocess.TimeoutExpired:
                peak = max(peak, _resident(process.pid))
    wall = time.monotonic() - started
    after = os.times()
    if process.returncode != 0:
        raise FailedCommand(f"{command[0]} ended with {process.returncode}: {error[-500:]}")
    cpu = sum(after[2:4]) - sum(before[2:4])
    return Run(wall_s=wall, cpu_s=cpu, peak_mib=peak / (1 << 20), output=output)


def _resident(root: int) -> int:
    """Return the resident bytes of a process and of its children."""
    total = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has just ended
            if int(folder.name) == root or int(fields[1]) == root:
                total += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return total
