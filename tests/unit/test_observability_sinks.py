"""A sink writes whole lines, or says in time that it cannot."""

import fcntl
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from observability.sinks.file_sink import FileSink, Fsync, Rotation
from observability.sinks.logging_sink import LoggingSink
from observability.sinks.shared_stream import SharedStream

# More than a pipe holds on any usual system.
LONG = b"x" * (1 << 20) + b"\n"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SharedStream, "WAIT_S", 0.05)


@contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    os.close(writer)
    os.close(reader)


def read(reader: int, size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        parts += os.read(reader, size - len(parts))
    return parts


def test_a_line_that_nobody_read_to_its_end_spoils_no_other(impatient: None) -> None:
    with pipe() as (reader, writer):
        sink = LoggingSink(writer)
        with pytest.raises(TimeoutError):
            sink.write(LONG)
        os.set_blocking(reader, False)
        torn = os.read(reader, len(LONG))
        assert 0 < len(torn) < len(LONG)
        sink.write(b"whole\n")
        sink.write(b"too\n")
        assert os.read(reader, 100) == b"\nwhole\ntoo\n"


def test_who_holds_the_pipe_for_too_long_is_not_waited_for(impatient: None) -> None:
    with pipe() as (reader, writer):
        sink = LoggingSink(writer)
        holder = os.open(f"/proc/self/fd/{writer}", os.O_WRONLY)
        fcntl.flock(holder, fcntl.LOCK_EX)
        with pytest.raises(TimeoutError, match="other writers"):
            sink.write(b"kept out\n")
        os.close(holder)
        sink.write(b"let in\n")
        assert read(reader, 7) == b"let in\n"


def test_a_socket_gets_whole_lines(impatient: None) -> None:
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        sink = LoggingSink(ours.fileno())
        reading = threading.Thread(target=sink.write, args=(LONG,))
        reading.start()
        assert read(theirs.fileno(), len(LONG)) == LONG
        reading.join()
        sink.write(b"next\n")
        assert read(theirs.fileno(), 5) == b"next\n"
        # Nobody reads on: the socket stays ours, and open.
        with pytest.raises(TimeoutError):
            sink.write(LONG)
        del sink
        assert os.fstat(ours.fileno())


def test_a_device_is_written_to_like_a_file() -> None:
    with Path(os.devnull).open("wb") as null:
        LoggingSink(null.fileno()).write(b"gone\n")


@pytest.mark.parametrize(("keep", "kept"), [(0, 9), (2, 2)])
def test_old_files_are_kept_as_many_as_wanted(tmp_path: Path, keep: int, kept: int) -> None:
    path = tmp_path / "events.jsonl"
    sink = FileSink(path, rotation=Rotation(max_bytes=10, keep=keep))
    lines = [b"line %05d\n" % number for number in range(9)]
    for line in lines:
        sink.write(line)
    rotated = sorted(tmp_path.glob("events.jsonl.*Z"))
    assert [file.read_bytes() for file in rotated] == lines[9 - kept :]


def test_rotating_is_left_to_whoever_began_it(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    sink = FileSink(path, rotation=Rotation(max_bytes=10))
    with (tmp_path / "events.jsonl.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        sink.write(b"line 00001\n")
        assert path.read_bytes() == b"line 00001\n"
    sink.write(b"line 00002\n")
    [rotated] = tmp_path.glob("events.jsonl.*Z")
    assert rotated.read_bytes() == b"line 00001\nline 00002\n"


def test_a_file_that_was_moved_away_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    sink = FileSink(path)
    sink.write(b"one\n")
    path.rename(tmp_path / "moved")
    sink.write(b"two\n")
    assert (tmp_path / "moved").read_bytes() == b"one\n"
    assert path.read_bytes() == b"two\n"


@pytest.mark.parametrize(
    ("fsync", "forced"), [("never", 0), ("rotate", 1), ("always", 4)], ids=lambda value: str(value)
)
def test_lines_are_forced_onto_the_disk_as_often_as_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fsync: Fsync, forced: int
) -> None:
    calls: list[int] = []
    monkeypatch.setattr(os, "fsync", calls.append)
    sink = FileSink(tmp_path / "lines", rotation=Rotation(max_bytes=15), fsync=fsync)
    for _ in range(3):
        sink.write(b"six..\n")
    assert len(calls) == forced
