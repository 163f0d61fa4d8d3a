"""The examples of docs/observability.md work as they are written, one after the other."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import observability as obs

PAGE = Path(__file__).parents[2] / "docs/observability.md"
EXAMPLE = re.compile(r"^```python\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)


def test_the_examples_work() -> None:
    examples = EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "OBS_VALIDATE_STRICT": "true"}
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(examples)], capture_output=True, env=environment
    )
    assert done.stderr == b""
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(obs.envelope_violations(line) == () for line in lines)
    assert {line["actor"]["service_name"] for line in lines} == {"worker-enrich"}
    told = [line["event_name"].removeprefix("narralytica.") for line in lines]
    assert told == [
        *("search.executed", "search.executed", "job.created", "search.executed"),
        *("job_run.started", "layer.started", "layer.completed"),
        *("index.sync.started", "index.sync.completed", "job_run.completed"),
        "library.logged",
    ]
