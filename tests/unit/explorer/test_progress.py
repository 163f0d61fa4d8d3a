"""Progress is shown to people on standard error, and to nobody else."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.explorer.recorded import SAMPLE, encoded

EXPORT = """
import sys
from explorer.export import export
export(["otlp", "--dry-run", sys.argv[1]])
"""
INDEX = """
import sys
from pathlib import Path
from explorer.index import Index
from explorer.progress import progress_bar
path = Path(sys.argv[1])
with progress_bar("indexing") as tell, Index.open([path], folder=path.parent, progress=tell):
    print("indexed")
"""


def run(program: str, path: Path, stderr: int) -> bytes:
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm", "COLUMNS": "120"}
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)],
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


@pytest.mark.parametrize(
    ("program", "what", "answer"),
    [(EXPORT, b"reading", b"would send"), (INDEX, b"indexing", b"indexed")],
    ids=["export", "index"],
)
def test_a_terminal_sees_how_far_it_is(
    tmp_path: Path, program: str, what: bytes, answer: bytes
) -> None:
    leader, terminal = pty.openpty()
    out = run(program, stream(tmp_path), terminal)
    os.close(terminal)
    seen = b""
    try:
        while piece := os.read(leader, 65536):
            seen += piece
    except OSError:
        pass  # so Linux tells that nobody has the terminal open any more
    os.close(leader)
    assert what in seen
    assert b" lines" in seen
    assert answer in out
    assert b"\x1b" not in out


def test_a_pipe_sees_nothing(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    out = run(EXPORT, stream(tmp_path), writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        assert pipe.read() == b""
    assert b"would send" in out
