"""`narralytica up`: serves until it is told to stop, and goes on from there the next time."""

import multiprocessing
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from stack.__main__ import main
from stack.launch import free_port
from tests.integration.running_stack import wait_until

TIMING = {"WORKER_HEARTBEAT_S": "0.5", "WORKER_STALLED_S": "5", "WORKER_GRACE_S": "3"}


@pytest.fixture
def machine() -> Iterator[Path]:
    """A folder that stands for the whole machine: data, home and temporary folder are below it."""
    folder = Path(tempfile.mkdtemp(prefix="narralytica-test-"))
    folder.chmod(0o711)
    for name in ("home", "tmp"):
        (folder / name).mkdir(mode=0o711)
    yield folder
    for pid in processes_below(folder):
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(folder)


def command(machine: Path, *arguments: str) -> dict[str, Any]:
    """The arguments of subprocess that run `narralytica up` within the machine."""
    environment = {
        **os.environ,
        **TIMING,
        "HOME": str(machine / "home"),
        "TMPDIR": str(machine / "tmp"),
        "COLUMNS": "200",
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
    }
    return {
        "args": [sys.executable, "-m", "stack", "up", *arguments],
        "env": environment,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
    }


@contextmanager
def up(machine: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    arguments = ("--port", str(port), "--data-dir", str(machine / "data"))
    with subprocess.Popen(**command(machine, *arguments)) as process:
        try:
            yield process
        finally:
            process.kill()


def first_lines(process: subprocess.Popen[str]) -> list[str]:
    """What it says until it is ready."""
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        said.append(line.strip())
        if line.startswith("Ready"):
            return said
    raise AssertionError(f"it ended: {said} {process.communicate()[1]}")


def processes_below(folder: Path) -> list[int]:
    """The processes that name the folder, or that somebody who does has started."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if os.fsencode(folder) in told and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


def test_it_serves_stops_cleanly_and_goes_on_with_what_is_unfinished(machine: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with up(machine, port) as process, httpx.Client(base_url=address, timeout=60) as client:
        [api, openapi, *_] = first_lines(process)
        assert api.endswith(address)
        assert openapi.endswith(f"{address}/docs")
        assert client.get("/docs").status_code == 200
        jobs = [
            client.post("/ingest", json={"text": f"Lighthouse {n}."}).json()["job_id"]
            for n in range(30)
        ]
        process.send_signal(signal.SIGINT)
        said, complaints = process.communicate(timeout=60)
    assert process.returncode == 0, complaints
    assert complaints == ""
    assert "Stopped" in said
    assert processes_below(machine) == []

    with up(machine, port) as process, httpx.Client(base_url=address, timeout=60) as client:
        first_lines(process)
        views = [_ended(client, job_id) for job_id in jobs]
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert {view["status"] for view in views} == {"completed"}
    errors = {run["error_type"] for view in views for run in view["runs"]}
    assert errors <= {None, "worker_stopped"}
    assert processes_below(machine) == []
    assert list((machine / "tmp").iterdir()) == []
    assert list((machine / "home").iterdir()) == []


def test_answers_lead_to_their_story_in_the_explorer(machine: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with up(machine, port) as process, httpx.Client(base_url=address, timeout=60) as client:
        [explorer] = [line for line in first_lines(process) if line.startswith("Explorer")]
        job_id = client.post("/ingest", json={"text": "A lighthouse."}).json()["job_id"]
        job = _ended(client, job_id)
        search = client.get("/search", params={"q": "lighthouse"})
        problem = client.get("/jobs/no-id")
        assert problem.headers["content-type"] == "application/problem+json"
        assert search.headers["x-request-id"] in search.json()["trace_url"]
        assert problem.headers["x-request-id"] in problem.json()["trace_url"]
        for answer, told in ((job, job_id), (search.json(), "search hybrid")):
            assert answer["trace_url"].startswith(explorer.split()[1])
            page = client.get(answer["trace_url"])
            assert page.status_code == 200
            assert told in page.text
            assert "completed" in page.text
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def test_killed_it_leaves_no_process_and_the_next_start_goes_on(machine: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with up(machine, port) as process, httpx.Client(base_url=address, timeout=60) as client:
        first_lines(process)
        job_id = client.post("/ingest", json={"text": "A lighthouse."}).json()["job_id"]
        wait_until(lambda: bool(_job(client, job_id)["runs"]), "the job has begun")
        process.kill()
        process.wait()
        wait_until(lambda: processes_below(machine) == [], "all processes are gone")
    with up(machine, port) as process, httpx.Client(base_url=address, timeout=60) as client:
        first_lines(process)
        assert _ended(client, job_id)["status"] == "completed"
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def test_a_service_that_dies_is_started_again(machine: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with up(machine, port) as process, httpx.Client(base_url=address, timeout=60) as client:
        first_lines(process)
        [api] = [pid for pid in processes_below(machine) if _runs_module(pid, "api")]
        os.kill(api, signal.SIGKILL)
        wait_until(lambda: _answers(client), "the API is back")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def test_a_used_port_is_refused_in_one_sentence(machine: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        complaint = refusal(machine, "--port", str(port), "--data-dir", str(machine / "data"))
    assert f"127.0.0.1:{port}" in complaint
    assert "--port" in complaint
    assert not (machine / "data").exists()


def test_a_data_dir_below_a_file_is_refused_in_one_sentence(machine: Path) -> None:
    (machine / "file").touch()
    complaint = refusal(machine, "--port", str(free_port()), "--data-dir", f"{machine}/file/data")
    assert f"{machine}/file" in complaint


@pytest.mark.parametrize("database_url", [(), ("--database-url", "postgresql://127.0.0.1:1/x")])
def test_missing_rights_on_the_data_dir_are_told_in_one_sentence(
    machine: Path, database_url: tuple[str, ...]
) -> None:
    closed = machine / "closed"
    closed.mkdir(mode=0o500)
    arguments = ("--port", str(free_port()), "--data-dir", str(closed / "data"), *database_url)
    complaint = (refusal_as_nobody if os.geteuid() == 0 else refusal)(machine, *arguments)
    assert str(closed) in complaint
    assert "Permission denied" in complaint


def test_a_database_that_is_not_there_is_told_in_one_sentence(machine: Path) -> None:
    arguments = ("--database-url", "postgresql://127.0.0.1:1/x", "--data-dir", f"{machine}/data")
    complaint = refusal(machine, "--port", str(free_port()), *arguments)
    assert "the database cannot be reached" in complaint


def refusal(machine: Path, *arguments: str) -> str:
    """What it complains of, after it has ended by itself."""
    done = subprocess.run(**command(machine, *arguments), timeout=60)
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert processes_below(machine) == []
    return str(done.stderr)


def refusal_as_nobody(machine: Path, *arguments: str) -> str:
    """The same for a user without rights; in a fork, as that user may not read this Python."""
    said = machine / "said"

    def run() -> None:
        with said.open("wb") as file:
            os.dup2(file.fileno(), 2)  # pytest's own sys.stderr may be another
        sys.stderr = os.fdopen(2, "w")
        os.setuid(pwd.getpwnam("nobody").pw_uid)
        main(["up", *arguments], prog_name="narralytica")

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    process.join(60)
    assert process.exitcode == 1
    complaint = said.read_text()
    assert complaint.startswith("Error: ")
    assert complaint.count("\n") == 1
    return complaint


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/health").status_code == 200
    except httpx.TransportError:
        return False


def _job(client: httpx.Client, job_id: str) -> dict[str, Any]:
    job: dict[str, Any] = client.get(f"/jobs/{job_id}").json()
    return job


def _ended(client: httpx.Client, job_id: str) -> dict[str, Any]:
    wait_until(lambda: _job(client, job_id)["status"] in ("completed", "failed"), "the job ends")
    return _job(client, job_id)


def _runs_module(pid: int, module: str) -> bool:
    return b"\0-m\0%s\0" % module.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
