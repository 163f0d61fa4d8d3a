"""How much memory services have over the jobs that they work off."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import linear_regression

from stack.processes import Service

#: What comes before, imports and caches that fill, is no leak.
WARM_UP = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """From the end of the warm-up on: the first and last size, and the growth over 1,000 jobs."""

    first_mb: float
    last_mb: float
    mb_per_1000_jobs: float


@dataclass(frozen=True, slots=True)
class Sizes:
    """The resident memory of each service, in MB, each time with how many jobs had ended."""

    samples: dict[str, list[tuple[int, float]]] = field(default_factory=dict)

    def sample(self, services: Iterable[Service], ended: int) -> None:
        """Look at every service."""
        for service in services:
            if service.process is not None and (size := _resident_mb(service.process.pid)):
                self.samples.setdefault(service.name, []).append((ended, size))

    def growth(self) -> Mapping[str, Growth]:
        """Return how each service has grown."""
        return {name: _growth(samples) for name, samples in self.samples.items()}


def _growth(samples: Sequence[tuple[int, float]]) -> Growth:
    last_job = samples[-1][0]
    counted = [sample for sample in samples if sample[0] >= WARM_UP * last_job]
    ended = [float(jobs) for jobs, _ in counted]
    sizes = [size for _, size in counted]
    level = len(set(ended)) < 2
    slope = 0.0 if level else linear_regression(ended, sizes).slope
    return Growth(first_mb=sizes[0], last_mb=sizes[-1], mb_per_1000_jobs=1000 * slope)


def _resident_mb(pid: int) -> float:
    """Return the resident memory of a process (Linux; elsewhere, and once it has ended, 0)."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    sizes = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")]
    return int(sizes[0]) / 1024 if sizes else 0.0
