"""What it costs to import a package: by `python -X importtime`, and without its overhead."""

import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

# Each line tells of the module itself, of it with all that it imports, and, indented, its name.
LINE = re.compile(r"^import time: +(\d+) \| +(\d+) \| ( *)(\S+)$")

TIMED = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"

HEAVIEST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCost:
    """Times in milliseconds, medians of fresh interpreters.

    `traced_ms` is what `-X importtime` says, which slows each import down; `untraced_ms` is the
    time that passes without it. `heaviest` has the modules' own traced time, without what they
    import, summed over each package.
    """

    module: str
    traced_ms: float
    untraced_ms: float
    modules: int
    heaviest: Mapping[str, float]


def import_cost(module: str, repeats: int) -> ImportCost:
    """Import a module in twice `repeats` fresh interpreters."""
    traces = [_traced(module) for _ in range(repeats)]
    packages: dict[str, list[float]] = defaultdict(list)
    for own in traces:
        for package, own_ms in _by_package(own).items():
            packages[package].append(own_ms)
    medians = {package: median(times) for package, times in packages.items()}
    return ImportCost(
        module=module,
        traced_ms=median(sum(own.values()) for own in traces),
        untraced_ms=median(_untraced_ms(module) for _ in range(repeats)),
        modules=len(traces[0]),
        heaviest=dict(sorted(medians.items(), key=lambda item: -item[1])[:HEAVIEST]),
    )


def _untraced_ms(module: str) -> float:
    return 1e3 * float(_python("-c", TIMED.format(module)).stdout)


def _traced(module: str) -> dict[str, float]:
    """Return each module that came with `module`, with its own time in milliseconds."""
    told = _python("-X", "importtime", "-c", f"import {module}").stderr
    lines = [found for line in told.splitlines() if (found := LINE.match(line))]
    root = next(at for at, found in enumerate(lines) if found[4] == module and not found[3])
    # A module's line comes after those that it imports, which are indented further.
    own = {module: int(lines[root][1]) / 1000}
    for found in reversed(lines[:root]):
        if not found[3]:
            break
        own[found[4]] = int(found[1]) / 1000
    return own


def _python(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        check=True,
        text=True,
    )


def _by_package(own: Mapping[str, float]) -> dict[str, float]:
    packages: dict[str, float] = defaultdict(float)
    for module, own_ms in own.items():
        packages[module.partition(".")[0]] += own_ms
    return packages
