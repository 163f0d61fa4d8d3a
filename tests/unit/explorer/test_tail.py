"""`narralytica tail`: the last events, and then each that comes, whatever happens to files."""

import gzip
import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pytest_snapshot.plugin import Snapshot
from rich.cells import cell_len
from rich.console import Console

from explorer.commands import tail
from explorer.commands.line import event_row, invalid_row
from explorer.commands.live import Live
from explorer.sources import Line as SourceLine
from tests.unit.explorer.recorded import SAMPLE, Line, encoded

LINES = list({line["event_id"]: line for line in SAMPLE["sample"]}.values())
BY_TIME = sorted(LINES, key=lambda line: line["occurred_at"])
ONE_OF_EACH = {line["event_name"]: line for line in BY_TIME}.values()
DEADLINE_S = 30.0
HOSTILE = "\x1b[31mred\x1b[0m [bold]bold[/bold] \u202egnp.exe\u2066 \r\x07 <script>"


def ran(*arguments: str, given: bytes | None = None) -> Result:
    done = CliRunner().invoke(tail, arguments, input=given)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done


def ids(told: str) -> list[str]:
    return [json.loads(row)["event_id"] for row in told.splitlines()]


def append(path: Path, lines: list[Line]) -> None:
    with path.open("ab") as file:
        file.write(b"".join(encoded(lines)))


class Tail:
    """A `tail` that runs, and what it has printed."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self._rows: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for row in self.process.stdout:
            self._rows.put(row)

    def comes(self, lines: list[Line]) -> None:
        """See that exactly these events come next."""
        rows = [self._rows.get(timeout=DEADLINE_S) for _ in lines]
        assert ids(b"".join(rows).decode()) == [line["event_id"] for line in lines]

    def quits(self) -> None:
        """See that Ctrl-C ends it in silence, and that nothing else came."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(DEADLINE_S) == 0
        assert self.process.stderr
        assert self.process.stderr.read() == b""
        assert self._rows.empty()


@contextmanager
def following(*arguments: object) -> Iterator[Tail]:
    run = "from explorer.commands import tail; tail()"
    with subprocess.Popen(
        [sys.executable, "-c", run, "--json", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield Tail(process)
        finally:
            process.kill()


def test_the_last_events_of_all_files_come_in_the_order_of_their_time(tmp_path: Path) -> None:
    append(tmp_path / "even.jsonl", BY_TIME[::2])
    append(tmp_path / "odd.jsonl", BY_TIME[1::2])
    told = ran(str(tmp_path), "--no-follow", "--json", "-n", "25").stdout
    assert ids(told) == [line["event_id"] for line in BY_TIME[-25:]]
    assert ran(str(tmp_path), "--no-follow", "-n", "0").stdout == ""


def test_a_filter_lets_the_last_that_pass_through(tmp_path: Path) -> None:
    append(tmp_path / "api.jsonl", BY_TIME)
    told = ran(str(tmp_path), "--no-follow", "--json", "-n", "3", "--severity", "error").stdout
    errors = [line for line in BY_TIME if line["severity"] == "error"]
    assert ids(told) == [line["event_id"] for line in errors[-3:]]


def test_it_looks_back_until_there_are_enough(tmp_path: Path) -> None:
    rare, common = BY_TIME[0], deepcopy(BY_TIME[1])
    common["actor"]["host"] = "h" * 128
    path = tmp_path / "api.jsonl"
    path.write_bytes(encoded([rare])[0] + encoded([common])[0] * 13_000)
    assert path.stat().st_size > 8 << 20
    told = ran(str(path), "--no-follow", "--json", "-n", "1", "-f", "-host:*").stdout
    assert ids(told) == [rare["event_id"]]


def test_what_comes_is_shown_and_filtered(tmp_path: Path) -> None:
    path = tmp_path / "api.jsonl"
    append(path, BY_TIME[:50])
    with following(path, "-n", "2", "-f", "area:job_run") as tail:
        runs = [line for line in BY_TIME if ".job_run." in line["event_name"]]
        shown = [line for line in BY_TIME[:50] if line in runs]
        tail.comes(shown[-2:])
        append(path, BY_TIME[50:])
        tail.comes(runs[len(shown) :])
        tail.quits()


def test_rotation_truncation_and_new_files_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "api.jsonl"
    append(path, BY_TIME[:10])
    with following(tmp_path, "-n", "1") as tail:
        tail.comes(BY_TIME[9:10])
        append(path, BY_TIME[10:12])
        path.rename(tmp_path / "api.jsonl.1")
        append(path, BY_TIME[12:14])
        tail.comes(BY_TIME[10:14])
        append(tmp_path / "worker.jsonl", BY_TIME[14:16])
        tail.comes(BY_TIME[14:16])
        path.write_bytes(b"".join(encoded(BY_TIME[16:17])))
        tail.comes(BY_TIME[16:17])
        tail.quits()


def test_a_file_that_is_missing_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "api.jsonl"
    append(path, BY_TIME[:1])
    live = Live(sources=[path, tmp_path / "worker-*.jsonl"])
    append(tmp_path / "worker-enrich.jsonl", BY_TIME[1:2])
    begin = [(each, live.last(each, number, 1000)[0]) for number, each in enumerate(live.files())]
    assert contents(begin) == BY_TIME[:2]
    for each in live.sources:
        for there in tmp_path.glob(each.name):
            there.unlink()
    assert contents(live.more()) == []
    append(path, BY_TIME[2:3])
    assert contents(live.more()) == BY_TIME[2:3]
    assert contents(live.more()) == []


def contents(files: Iterable[tuple[Path, Iterable[SourceLine]]]) -> list[Line]:
    return [json.loads(line.content) for _, lines in files for line in lines]


def test_a_line_that_is_only_begun_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "api.jsonl"
    [line] = encoded(BY_TIME[:1])
    path.write_bytes(line[:100])
    with following(path) as tail:
        with path.open("ab") as file:
            file.write(line[100:])
        tail.comes(BY_TIME[:1])
        tail.quits()


def test_what_is_delivered_twice_is_shown_once(tmp_path: Path) -> None:
    append(tmp_path / "api.jsonl", BY_TIME[:3])
    with following(tmp_path) as tail:
        tail.comes(BY_TIME[:3])
        append(tmp_path / "recovered.jsonl", BY_TIME[:5])
        tail.comes(BY_TIME[3:5])
        tail.quits()


def test_packed_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "api.jsonl.gz").write_bytes(gzip.compress(b"".join(encoded(BY_TIME))))
    told = ran(str(tmp_path), "--no-follow", "--json", "-n", "5").stdout
    assert ids(told) == [line["event_id"] for line in BY_TIME[-5:]]


def test_standard_input_is_shown_as_it_comes() -> None:
    with following("-") as tail:
        assert tail.process.stdin
        for line in encoded(BY_TIME[:3]):
            tail.process.stdin.write(line)
            tail.process.stdin.flush()
            tail.comes([json.loads(line)])
        tail.process.stdin.close()
        assert tail.process.wait(DEADLINE_S) == 0


def test_what_a_container_runtime_wraps_is_unwrapped() -> None:
    stamp = b"2026-01-01T00:00:00.000000001Z stdout"
    whole, parted = encoded(BY_TIME[:2])
    cri = (
        stamp + b" F " + whole + stamp + b" P " + parted[:90] + b"\n" + stamp + b" F " + parted[90:]
    )
    assert ids(ran("-", "--json", given=cri).stdout) == [line["event_id"] for line in BY_TIME[:2]]


def test_other_lines_are_passed_over_and_counted() -> None:
    mixed = (
        b"listening on 8000\n" + encoded(BY_TIME[:1])[0] + b'{"level":"info"}\n' + b"x" * 3_000_000
    )
    done = ran("-", given=mixed)
    assert "job.created" in done.stdout
    assert "3 lines of other programs passed over." in done.stderr
    assert done.exit_code == 0


def test_broken_lines_are_shown_as_such(tmp_path: Path) -> None:
    broken = deepcopy(BY_TIME[0]) | {"payload": {"x": HOSTILE}}
    append(tmp_path / "api.jsonl", [BY_TIME[0], broken])
    shown = ran(str(tmp_path), "--no-follow").stdout
    assert "? api.jsonl: /payload breaks" in shown
    assert not {"\x1b", "\u202e", "\u2066", "\r", "\x07"} & set(shown)
    passed = ran(str(tmp_path), "--no-follow", "--json")
    assert ids(passed.stdout) == [BY_TIME[0]["event_id"]]
    assert "? api.jsonl: /payload breaks" in passed.stderr


def test_wrong_use_exits_with_2(tmp_path: Path) -> None:
    for arguments in (
        [str(tmp_path / "none.jsonl")],
        ["-", str(tmp_path)],
        [str(tmp_path), "-f", "x:1"],
    ):
        done = ran(*arguments)
        assert done.exit_code == 2
        assert "Error: " in done.stderr


@pytest.mark.parametrize("width", [40, 80, 140])
def test_the_terminal_shows(width: int, snapshot: Snapshot) -> None:
    file = StringIO()
    console = Console(file=file, width=width, highlight=False, markup=False)
    for line in ONE_OF_EACH:
        console.print(event_row(line, width), soft_wrap=True)
    console.print(invalid_row("api.jsonl", "is not JSON", b'{"event_name"', width), soft_wrap=True)
    assert max(cell_len(row) for row in file.getvalue().splitlines()) <= width
    snapshot.snapshot_dir = Path(__file__).parent / "snapshots"
    snapshot.assert_match(file.getvalue(), f"tail-{width}.txt")


def test_whatever_a_line_contains_stays_on_its_line() -> None:
    line = deepcopy(BY_TIME[0])
    line["payload"] = {"error_message": HOSTILE + "x" * 1_000_000, "new_field": [HOSTILE]}
    line["actor"]["service_name"] = HOSTILE
    shown = event_row(line, None).plain
    assert not {"\x1b", "\u202e", "\u2066", "\r", "\x07", "\n"} & set(shown)
    assert "[bold]bold[/bold]" in shown
    assert len(shown) < 3000
