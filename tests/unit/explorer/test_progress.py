"""Progress is shown to people on standard error, and to nobody else."""

import os
import pty
import subprocess
import sys
from pathlib import Path

from tests.unit.explorer.recorded import SAMPLE, encoded

PROGRAM = """
import sys
from explorer.export import export
export(["otlp", "--dry-run", sys.argv[1]])
"""


def run(path: Path, stderr: int) -> bytes:
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm", "COLUMNS": "120"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path)],
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=environment,
        check=True,
    )
    return done.stdout


def stream(folder: Path) -> Path:
    path = folder / "events.jsonl"
    # More than one message holds, so that there is an advance to tell.
    path.write_bytes(b"".join(encoded(SAMPLE["sample"]) * 12))
    return path


def test_a_terminal_sees_how_far_it_is(tmp_path: Path) -> None:
    leader, terminal = pty.openpty()
    out = run(stream(tmp_path), terminal)
    os.close(terminal)
    seen = b""
    try:
        while piece := os.read(leader, 65536):
            seen += piece
    except OSError:
        pass  # so Linux tells that nobody has the terminal open any more
    os.close(leader)
    assert b"reading" in seen
    assert b"lines" in seen
    assert b"would send" in out
    assert b"\x1b" not in out


def test_a_pipe_sees_nothing(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    out = run(stream(tmp_path), writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        assert pipe.read() == b""
    assert b"would send" in out
