"""Makes the file that everything is measured on: conformant lines of whole jobs."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import orjson

from registry.sample import sample_lines
from registry.sources import load

LINES_A_JOB = 24
IDS = ("event_id", "request_id", "job_id", "job_run_id", "trace_id")


def write_stream(path: Path, lines: int) -> None:
    """Write so many lines; the same each time."""
    jobs = lines // LINES_A_JOB + 100
    with path.open("wb") as file:
        for line in islice(sample_lines(load(Path()), jobs=jobs, seed=1), lines):
            file.write(orjson.dumps(line) + b"\n")


def some_ids(path: Path, of_each: int) -> Iterator[tuple[str, str]]:
    """Yield so many ids of each kind, with the kind, from all over the file."""
    random = Random(1)  # noqa: S311  where to look, no secret
    size = path.stat().st_size
    with path.open("rb") as file:
        for kind in IDS:
            found = 0
            while found < of_each:
                file.seek(random.randrange(size))
                file.readline()
                if identifier := _id(file.readline(), kind):
                    found += 1
                    yield kind, identifier


def _id(line: bytes, kind: str) -> str | None:
    if not line:
        return None
    event: dict[str, Any] = orjson.loads(line)
    found: str | None = (event | event["correlation"])[kind]
    return found
