"""Lines of many writers stay whole: in a file, in a pipe, and through rotation."""

import fcntl
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from observability.sinks.file_sink import FileSink, Rotation
from observability.sinks.logging_sink import LoggingSink
from tests.integration.writing_lines import THREADS, line

PROCESSES = 8
LINES = 60


def start_writers(
    stdout: int | Callable[[], IO[bytes]], count: int, **environment: str
) -> list[Any]:
    return [
        subprocess.Popen(
            [sys.executable, "-m", "tests.integration.writing_lines", str(name), str(count), "1"],
            stdout=stdout if isinstance(stdout, int) else stdout(),
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        )
        for name in range(PROCESSES)
    ]


def assert_all_wrote(writers: Iterable[Any], count: int) -> None:
    for writer in writers:
        _, told = writer.communicate(timeout=120)
        assert writer.returncode == 0, told
        assert json.loads(told) == [THREADS * count, THREADS * count, 0]


def assert_whole(lines: Iterable[bytes], count: int) -> None:
    """Assert that every line parses and that each is there exactly once."""
    found = Counter((read["writer"], read["number"]) for read in map(json.loads, lines))
    assert set(found.values()) == {1}
    assert len(found) == PROCESSES * THREADS * count


def test_in_a_file_that_was_not_opened_for_appending(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.touch()
    # Each writer has a position of its own in the file.
    assert_all_wrote(start_writers(lambda: path.open("r+b"), LINES), LINES)
    with path.open("rb") as written:
        assert_whole(written, LINES)


def test_in_a_pipe_that_is_read_slower_than_it_is_written(tmp_path: Path) -> None:
    reader, pipe = os.pipe()
    # A small pipe is full all the time.
    fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 4096)
    writers = start_writers(pipe, LINES)
    os.close(pipe)
    with os.fdopen(reader, "rb", buffering=65536) as lines:
        assert_whole(lines, LINES)
    assert_all_wrote(writers, LINES)


def test_in_a_pipe_in_non_blocking_mode() -> None:
    reader, pipe = os.pipe()
    os.set_blocking(pipe, False)
    writers = start_writers(pipe, 20)
    os.close(pipe)
    with os.fdopen(reader, "rb") as lines:
        assert_whole(lines, 20)
    assert_all_wrote(writers, 20)


def test_through_rotation(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    environment = {"OBS_SINKS": f"file:{path}", "OBS_FILE_MAX_BYTES": "30000", "OBS_FILE_KEEP": "0"}
    assert_all_wrote(start_writers(subprocess.DEVNULL, LINES, **environment), LINES)
    files = [file for file in tmp_path.iterdir() if file.suffix != ".lock"]
    assert len(files) > PROCESSES
    assert_whole((each for file in files for each in file.read_bytes().splitlines()), LINES)


def test_rotated_files_are_in_the_order_of_their_names_and_the_oldest_go(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    sink = FileSink(path, rotation=Rotation(max_bytes=1000, keep=3))
    for number in range(50):
        sink.write(line("only", number, 300))
    files = sorted(tmp_path.glob("events.jsonl.*Z"))
    assert len(files) == 3
    kept = [json.loads(each)["number"] for file in files for each in file.open()]
    kept += [json.loads(each)["number"] for each in path.open()] if path.exists() else []
    assert kept == list(range(50 - len(kept), 50))


def test_a_file_that_was_taken_away_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    sink = FileSink(path, fsync="always")
    sink.write(b"{}\n")
    path.rename(tmp_path / "by-logrotate")
    sink.write(b"[]\n")
    assert path.read_bytes() == b"[]\n"


def test_a_fork_in_the_midst_of_writing_doubles_and_blocks_nothing() -> None:
    """Others write while a process forks; the child has an account of its own."""
    code = """
import os, sys, threading
import observability as obs
from tests.integration.writing_lines import write_from_threads
obs.configure(service_name="parent", service_version="1")
writing = threading.Thread(target=write_from_threads, args=("parent", 100, "1"))
writing.start()
children = []
for number in range(10):
    if (child := os.fork()) == 0:
        assert obs.stats().sinks["stdout"].emitted == 0
        write_from_threads(f"child{number}", 5, "1")
        account = obs.stats().sinks["stdout"]
        os._exit(0 if (account.emitted, account.written) == (20, 20) else 1)
    children.append(child)
codes = {os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children}
writing.join()
assert obs.stats().sinks["stdout"].written == 400
sys.exit(codes != {0})
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    found = Counter((read["writer"], read["number"]) for read in map(json.loads, process.stdout))
    assert process.wait(timeout=60) == 0
    assert set(found.values()) == {1}
    assert len(found) == 4 * 100 + 10 * 4 * 5


def test_threads_of_one_process_share_a_pipe() -> None:
    reader, pipe = os.pipe()
    sink = LoggingSink(pipe)
    lines: list[bytes] = []
    reading = threading.Thread(target=lambda: lines.extend(os.fdopen(reader, "rb")))
    reading.start()
    with ThreadPoolExecutor() as pool:
        for name, length in (("a", 9_000), ("b", 300), ("c", 300)):
            pool.map(sink.write, [line(name, number, length) for number in range(200)])
    # The threads' own ends are closed with them.
    os.close(pipe)
    reading.join(timeout=10)
    found = {(read["writer"], read["number"]) for read in map(json.loads, lines)}
    assert len(lines) == len(found) == 600
