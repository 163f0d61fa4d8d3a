"""`emit` returns whatever happens, and nothing is lost without being counted and told."""

import errno
import json
import os
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import observability as obs
from observability.background import CAPACITY
from observability.events import SearchExecuted
from observability.sinks import BatchSink, Sink, WriteFailed
from observability.sinks.logging_sink import LoggingSink
from observability.sinks.shared_stream import SharedStream

SEARCH = SearchExecuted(mode="hybrid", results_count=3, latency_ms=8.1)
DROPPED = "narralytica.events.dropped"
VIOLATED = "narralytica.contract.violated"


def configured(*sinks: Sink | BatchSink) -> obs.ObsContext:
    obs.configure(service_name="faults", service_version="1", sinks=sinks, environment={})
    return obs.current_context().with_request_id(obs.new_uuid())


def account() -> obs.SinkStats:
    [account] = obs.stats().sinks.values()
    return account


def told(lines: bytes) -> list[tuple[str, int]]:
    """Return reason and count of each events.dropped among whole lines."""
    read = [json.loads(line) for line in lines.splitlines()]
    assert all(obs.envelope_violations(line) == () for line in read)
    payloads = [line["payload"] for line in read if line["event_name"] == DROPPED]
    return [(payload["reason"], payload["dropped_count"]) for payload in payloads]


class Faulty:
    """A sink that fails as its list of errors says."""

    name = "faulty"

    def __init__(self) -> None:
        self.lines = b""
        self.errors: list[Exception] = []

    def write(self, line: bytes) -> None:
        if self.errors:
            raise self.errors.pop()
        self.lines += line


def ring() -> dict[str, Any]:
    payload: dict[str, Any] = {}
    payload["self"] = payload
    return payload


@pytest.mark.parametrize(
    "payload",
    [
        {"results_count": object()},
        {"results_count": 2**64},
        {"results_count": float("nan")},
        {"mode": "\ud800"},
        {"\ud800": 1},
        {1: 2},
        ring(),
        {"filters": [ring()]},
        None,
        "text",
        [SEARCH],
        {"filters": b"bytes"},
    ],
    ids=repr,
)
def test_what_is_no_json_is_withheld_and_told(payload: Any) -> None:
    sink = Faulty()
    ctx = configured(sink)
    whole = SEARCH.payload() | payload if isinstance(payload, dict) else payload
    obs.emit(SEARCH.event_name, whole, ctx)
    events = [json.loads(line) for line in sink.lines.splitlines()]
    assert VIOLATED in [event["event_name"] for event in events]
    assert all(obs.envelope_violations(event) == () for event in events)
    assert obs.stats().violated == 1
    assert obs.stats().failed == 0


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (BrokenPipeError(errno.EPIPE, ""), "broken_pipe"),
        (OSError(errno.EBADF, ""), "closed"),
        (OSError(errno.ENOSPC, ""), "no_space"),
        (TimeoutError(), "timed_out"),
        (WriteFailed("refused"), "refused"),
        (ValueError("a fault of the sink"), "write_failed"),
        (RecursionError(), "write_failed"),
    ],
    ids=repr,
)
def test_a_sink_that_raises_is_counted_and_told(error: Exception, reason: str) -> None:
    sink = Faulty()
    ctx = configured(sink)
    sink.errors = [error, error]
    for _ in range(3):
        obs.emit(SEARCH, ctx)
    assert told(sink.lines) == [(reason, 2)]
    assert account() == obs.SinkStats(written=2, dropped=2)


def test_a_loss_that_could_not_be_told_is_told_later_with_the_others() -> None:
    sink = Faulty()
    ctx = configured(sink)
    sink.errors = [OSError(errno.ENOSPC, ""), OSError(errno.EPIPE, "")]
    obs.emit(SEARCH, ctx)
    obs.emit(SEARCH, ctx)

    # Writing works again, telling does not: the count stands.
    write, writes = sink.write, iter([None, OSError(errno.EPIPE, "")])

    def once(line: bytes) -> None:
        fault = next(writes, None)
        if fault is not None:
            raise fault
        write(line)

    sink.write = once  # type: ignore[method-assign]
    obs.emit(SEARCH, ctx)
    assert told(sink.lines) == []
    assert account().dropped == 2
    obs.emit(SEARCH, ctx)
    assert sorted(told(sink.lines)) == [("broken_pipe", 1), ("no_space", 1)]


def test_a_pipe_whose_reader_has_gone() -> None:
    reader, pipe = os.pipe()
    ctx = configured(LoggingSink(pipe))
    obs.emit(SEARCH, ctx)
    os.close(reader)
    for _ in range(5):
        obs.emit(SEARCH, ctx)
    os.close(pipe)
    assert account() == obs.SinkStats(written=1, dropped=5)


def test_a_closed_descriptor(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "lines", os.O_WRONLY | os.O_CREAT)
    ctx = configured(LoggingSink(descriptor))
    obs.emit(SEARCH, ctx)
    os.close(descriptor)
    obs.emit(SEARCH, ctx)
    assert account() == obs.SinkStats(written=1, dropped=1)


@pytest.fixture
def small_files() -> Iterator[Callable[[int], None]]:
    """Limit how large this process may make a file, which meets a full disk's short writes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, before)


def test_a_full_disk_tears_no_other_line(
    tmp_path: Path, small_files: Callable[[int], None]
) -> None:
    path = tmp_path / "lines"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    ctx = configured(LoggingSink(descriptor))
    obs.emit(SEARCH, ctx)
    length = path.stat().st_size
    small_files(3 * length - length // 2)
    for _ in range(10):
        obs.emit(SEARCH, ctx)
    small_files(resource.RLIM_INFINITY)
    obs.emit(SEARCH, ctx)
    os.close(descriptor)
    torn = [line for line in path.read_bytes().splitlines(keepends=True) if line[:-1][-1:] != b"}"]
    whole = path.read_bytes().replace(torn[0], b"")
    assert len(torn) == 1
    assert told(whole) == [("no_space", 9)]
    assert account() == obs.SinkStats(written=4, dropped=9)
    assert len(whole.splitlines()) == 4


def test_a_pipe_that_nobody_reads_delays_once_and_then_not_at_all() -> None:
    reader, pipe = os.pipe()
    ctx = configured(LoggingSink(pipe))
    while account().dropped == 0:
        obs.emit(SEARCH, ctx)
    began_s = time.monotonic()
    for _ in range(1_000):
        obs.emit(SEARCH, ctx)
    # Had each waited, it would have been a quarter of an hour.
    assert time.monotonic() - began_s < 100 * SharedStream.WAIT_S
    stalled = account()
    assert stalled.emitted == stalled.written + stalled.dropped
    assert stalled.dropped == 1_001
    os.set_blocking(reader, False)
    lines = _all_there_is(reader)
    obs.emit(SEARCH, ctx)
    lines += _all_there_is(reader)
    assert told(lines) == [("timed_out", 1_001)]
    for descriptor in (reader, pipe):
        os.close(descriptor)


def _all_there_is(reader: int) -> bytes:
    lines = b""
    while True:
        try:
            lines += os.read(reader, 1 << 20)
        except BlockingIOError:
            return lines


class Hanging:
    """A receiver that takes nothing until it is released."""

    name = "hanging"

    def __init__(self) -> None:
        self.released = threading.Event()
        self.lines: list[bytes] = []

    def write_batch(self, lines: Sequence[bytes]) -> None:
        self.released.wait()
        self.lines.extend(lines)


def test_a_sink_that_hangs_delays_nobody_and_its_losses_are_told() -> None:
    sink = Hanging()
    ctx = configured(sink)
    for _ in range(CAPACITY + 5_000):
        obs.emit(SEARCH, ctx)
    assert not obs.flush(timeout_s=0.01)
    hanging = account()
    assert hanging.written == 0
    assert hanging.dropped >= 4_000
    assert hanging.emitted == hanging.dropped + hanging.waiting == CAPACITY + 5_000
    sink.released.set()
    assert obs.flush(timeout_s=30)
    assert told(b"".join(sink.lines)) == [("queue_full", hanging.dropped)]
    after = account()
    assert after.waiting == 0
    assert after.emitted == after.written + after.dropped
    assert len(sink.lines) == after.written


def test_a_batch_that_cannot_be_written_is_counted_line_by_line() -> None:
    class Refusing(Hanging):
        def write_batch(self, lines: Sequence[bytes]) -> None:
            if not self.released.is_set():
                raise WriteFailed("unreachable")
            super().write_batch(lines)

    sink = Refusing()
    ctx = configured(sink)
    for _ in range(100):
        obs.emit(SEARCH, ctx)
    assert obs.flush(timeout_s=10)
    assert account().dropped == 100
    sink.released.set()
    obs.emit(SEARCH, ctx)
    assert obs.flush(timeout_s=10)
    assert told(b"".join(sink.lines)) == [("unreachable", 100)]


def test_two_sinks_have_an_account_each() -> None:
    good, bad = Faulty(), Faulty()
    good.name = "good"
    bad.errors = [OSError()]
    ctx = configured(good, bad)
    obs.emit(SEARCH, ctx)
    accounts = obs.stats().sinks
    assert (accounts["good"].written, accounts["faulty"].dropped) == (1, 1)


def test_100_000_events_over_changing_faults_are_all_accounted_for() -> None:
    """Four threads emit while the sink fails and comes back, again and again."""
    sink = Faulty()
    lines: list[bytes] = []
    failing = {
        0: OSError(errno.ENOSPC, ""),
        1: BrokenPipeError(errno.EPIPE, ""),
        2: TimeoutError(),
        3: RuntimeError("hunter2"),
    }

    def write(line: bytes) -> None:
        phase = len(lines) // 97 % 8
        lines.append(line)
        if phase in failing:
            lines[-1] = b""
            raise failing[phase]

    sink.write = write  # type: ignore[method-assign]
    ctx = configured(sink)
    violating = SEARCH.payload() | {"query": "hunter2"}

    def emit_many() -> None:
        for number in range(25_000):
            if number % 1_000:
                obs.emit(SEARCH, ctx)
            else:
                obs.emit(SEARCH.event_name, violating, ctx)

    threads = [threading.Thread(target=emit_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while not sink_is_back(lines):
        obs.emit(SEARCH, ctx)
    final = account()
    written = b"".join(lines)
    dropped = sum(count for _, count in told(written))
    names = [json.loads(line)["event_name"] for line in written.splitlines()]
    assert final.emitted == final.written + final.dropped
    assert final.written == len(names)
    assert final.dropped == dropped
    assert obs.stats().violated == 100
    assert final.emitted - names.count(DROPPED) - (100 - obs.stats().suppressed) >= 100_000
    assert b"hunter2" not in written


def sink_is_back(lines: list[bytes]) -> bool:
    return len(lines) // 97 % 8 > 3 and lines[-1] != b""
