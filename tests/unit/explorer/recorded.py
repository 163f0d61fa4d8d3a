"""Recorded good streams, and what one change makes of them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from importlib.resources import files
from io import BytesIO
from typing import Any

from explorer.check.fact import Break
from explorer.check.judge import Judge
from explorer.check.rules import Allowance
from explorer.sources import lines_of

STREAMS = files("tests") / "fixtures" / "explorer" / "streams"

Line = dict[str, Any]


def _read(*path: str) -> list[Line]:
    return [json.loads(line) for line in STREAMS.joinpath(*path).read_text().splitlines()]


#: The demonstration as the real API and workers told it, one file a service.
DEMO = {
    name: _read("demo", f"{name}.jsonl")
    for name in (
        "api",
        *(f"worker-{kind}" for kind in ("ingest", "transcribe", "diarize", "enrich", "indexer")),
    )
}
#: Ten jobs with retries, lost workers, degraded layers and repeats, in one file.
SAMPLE = {"sample": _read("sample.jsonl")}


def encoded(lines: Sequence[Line]) -> list[bytes]:
    """Return the lines as they are written."""
    return [json.dumps(line).encode() + b"\n" for line in lines]


def breaks_of(
    streams: Mapping[str, Sequence[bytes]], allowance: Allowance | None = None
) -> list[Break]:
    """Return what the judge finds in files of these lines."""
    with ExitStack() as stack:
        judge = stack.enter_context(Judge(allowance=allowance or Allowance()))
        found: list[Break] = []
        for name, lines in streams.items():
            found += judge.take(lines_of(BytesIO(b"".join(lines)).read), name)
        return [*found, *judge.breaks()]


def area_of(line: Line) -> str:
    """Return the event's area."""
    return str(line["event_name"].split(".")[1])


def tells_a_state(line: Line) -> bool:
    """Tell whether rules are about the line: a job, a run or a step began or ended."""
    return area_of(line) in ("job", "job_run", "layer", "index") and not line[
        "event_name"
    ].endswith("status_viewed")


def told_once(lines: Sequence[Line]) -> Iterator[int]:
    """Yield where lines stand that tell a state and are not delivered twice."""
    ids = [line["event_id"] for line in lines]
    for number, line in enumerate(lines):
        if tells_a_state(line) and ids.count(line["event_id"]) == 1:
            yield number
