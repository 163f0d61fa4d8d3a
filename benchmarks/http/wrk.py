"""Runs wrk and reads what it says (https://github.com/wg/wrk)."""

import re
import shutil
import subprocess
from dataclasses import dataclass

# wrk prints for people: 950.00us, 1.20ms, 2.01s.
UNITS_MS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


class MissingWrk(Exception):
    """The load generator is not installed."""


class FailedLoad(Exception):
    """wrk failed, or some of its requests did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one run of wrk counted."""

    requests: int
    requests_per_s: float
    median_ms: float
    p99_ms: float


def require_wrk() -> str:
    """Return wrk's path. Raises MissingWrk, which says how to get it."""
    path = shutil.which("wrk")
    if path is None:
        raise MissingWrk(
            "the load generator wrk is missing: install it with `apt-get install wrk` "
            "(Debian, Ubuntu) or `brew install wrk` (macOS)"
        )
    return path


def load(wrk: str, url: str, *, connections: int, seconds: int) -> Load:
    """Load a server on loopback from one thread. Raises FailedLoad."""
    ended = subprocess.run(
        [wrk, "--latency", "-t1", f"-c{connections}", f"-d{seconds}s", url],
        capture_output=True,
        check=False,
        text=True,
    )
    if ended.returncode != 0:
        raise FailedLoad(f"wrk failed: {ended.stderr or ended.stdout}")
    return read(ended.stdout)


def read(said: str) -> Load:
    """Read wrk's report. Raises FailedLoad when requests failed, or the report lacks a number."""
    if bad := re.search(r"^ *(Non-2xx or 3xx responses|Socket errors): .*$", said, re.MULTILINE):
        raise FailedLoad(f"requests failed: {bad[0].strip()}")
    return Load(
        requests=int(_found(r"(\d+) requests in ", said)),
        requests_per_s=float(_found(r"Requests/sec: +([\d.]+)", said)),
        median_ms=_milliseconds(_found(r" 50% +(\S+)", said)),
        p99_ms=_milliseconds(_found(r" 99% +(\S+)", said)),
    )


def _found(pattern: str, said: str) -> str:
    found = re.search(pattern, said)
    if found is None:
        raise FailedLoad(f"wrk said nothing like {pattern}")
    return found[1]


def _milliseconds(text: str) -> float:
    found = re.fullmatch(r"([\d.]+)(us|ms|s)", text)
    if found is None:
        raise FailedLoad(f"wrk gave an odd time: {text}")
    return float(found[1]) * UNITS_MS[found[2]]
