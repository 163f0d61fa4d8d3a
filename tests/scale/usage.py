"""What the processes on a machine use of this one."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.scale.network import Machine

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """CPU time until now, of ended children too, and resident memory, what is shared included."""

    cpu_s: float
    resident_bytes: int


def usage(machine: Machine) -> Usage:
    """Sum up all processes of the machine."""
    ticks = pages = 0
    for process in _processes(machine):
        with suppress(FileNotFoundError, ProcessLookupError):
            # Behind the name, which may hold anything: proc(5).
            values = (process / "stat").read_text().rpartition(")")[2].split()
            ticks += sum(int(value) for value in values[11:15])
            pages += int(values[21])
    return Usage(cpu_s=ticks / _TICKS_A_SECOND, resident_bytes=pages * _PAGE_BYTES)


def _processes(machine: Machine) -> Iterator[Path]:
    there = Path("/proc", str(machine.pid), "ns", "net").stat().st_ino
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended, or nobody may look, as at process 1 in a container
            if (process / "ns" / "net").stat().st_ino == there:
                yield process
