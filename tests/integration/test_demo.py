"""`narralytica demo`: the whole story on one machine, and nothing left behind."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.pipeline import LAYERS, WORKERS

TRANSCRIPT = """\
ADA: The lighthouse keeper wrote wonderful letters every winter.

GRACE: And nobody ever answered a single one of them.
"""


@pytest.fixture
def machine() -> Iterator[Path]:
    """A folder that stands for the whole machine: home and temporary folder are below it."""
    folder = Path(tempfile.mkdtemp(prefix="narralytica-test-"))
    folder.chmod(0o711)
    for name in ("home", "tmp"):
        (folder / name).mkdir(mode=0o711)
    yield folder
    shutil.rmtree(folder)


def demo(machine: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # Some libraries behave better than elsewhere when they see that CI runs them.
    environment = {key: value for key, value in os.environ.items() if key != "CI"} | {
        "HOME": str(machine / "home"),
        "TMPDIR": str(machine / "tmp"),
        "COLUMNS": "120",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    return subprocess.run(
        [sys.executable, "-m", "stack", "demo", *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
    )


def processes_below(folder: Path) -> list[str]:
    """Return the command lines of running processes that name the folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in command:
            found.append(command)
    return found


def test_the_main_job_succeeds_and_leaves_nothing_behind(machine: Path) -> None:
    done = demo(machine)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "POST /ingest recording.wav → 202" in done.stdout
    assert "POST /ingest interview.vtt → 202" in done.stdout
    assert "what you can do for your country" in done.stdout
    for worker in WORKERS:
        assert done.stdout.count(f"✓ {worker} #1") == 2
    for step in (*LAYERS, "index passages"):
        assert done.stdout.count(f"✓ {step}") == 2
    assert " 0 rules broken, 0 faults" in done.stdout
    assert list((machine / "tmp").iterdir()) == []
    assert list((machine / "home").iterdir()) == []
    assert processes_below(machine) == []


def test_the_users_own_file_goes_all_the_way(machine: Path) -> None:
    transcript = machine / "winter.txt"
    transcript.write_text(TRANSCRIPT)
    done = demo(machine, str(transcript), "--query", "lighthouse letters")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "POST /ingest winter.txt → 202" in done.stdout
    assert "The lighthouse keeper wrote wonderful letters every winter." in done.stdout
    for mode in ("lexical", "vector", "hybrid"):
        assert f"✓ search {mode}" in done.stdout
    for worker in WORKERS:
        assert f"✓ {worker} #1" in done.stdout
    assert " 0 rules broken, 0 faults" in done.stdout


def test_what_cannot_be_worked_on_makes_the_demonstration_fail(machine: Path) -> None:
    noise = machine / "noise.bin"
    noise.write_bytes(bytes(range(256)) * 16)
    done = demo(machine, str(noise))
    assert done.returncode == 1
    assert "UnsupportedMedia" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert list((machine / "tmp").iterdir()) == []
    assert processes_below(machine) == []


def test_a_missing_file_is_named(machine: Path) -> None:
    done = demo(machine, "no-such-file.wav")
    assert done.returncode == 2
    assert "no-such-file.wav" in done.stderr
    assert "Traceback" not in done.stderr
