"""The commands over the index: what a person sees, what a program gets, and how they exit."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta
from io import StringIO
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from pytest_snapshot.plugin import Snapshot
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from explorer.commands import diff, errors, slow, stats
from explorer.commands.diff import Side, changes_rows, jobs_rows
from explorer.commands.errors import errors_rows
from explorer.commands.slow import slow_rows
from explorer.commands.stats import stats_rows
from explorer.index import Index
from explorer.statistics.diff import changes, shared_events, time_changes
from explorer.statistics.errors import errors as grouped
from explorer.statistics.groups import groups
from explorer.statistics.selection import extent
from explorer.statistics.slow import slowest_jobs
from tests.unit.explorer.indexed import indexed, selected
from tests.unit.explorer.recorded import SAMPLE, Line, encoded
from tests.unit.explorer.test_statistics import slower

WIDTHS = (40, 80, 140)
COMMANDS = [stats, errors, slow]
HOSTILE = "\x1b[31mred\x1b[0m [bold]bold[/bold] \u202egnp.exe\u2066 \r\n\x07 <script>"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def sample(tmp_path: Path) -> str:
    return written(tmp_path / "sample.jsonl", SAMPLE["sample"])


def written(path: Path, lines: list[Line]) -> str:
    path.write_bytes(b"".join(encoded(lines)))
    return str(path)


def ran(command: click.Command, *arguments: str) -> Result:
    done = CliRunner().invoke(command, arguments)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done


def side(name: str, index: Index) -> Side:
    chosen = selected(index, name)
    return Side(name=name, selected=chosen, extent=extent(chosen), job=None)


Both = Callable[[Index, Index, int], Iterator[Text]]


def stats_view(by: str, bucket: timedelta | None = None) -> Both:
    def view(index: Index, _: Index, width: int) -> Iterator[Text]:
        some = selected(index)
        return stats_rows(groups(some, by, bucket), extent(some), by, width)

    return view


def errors_view(index: Index, _: Index, width: int) -> Iterator[Text]:
    return errors_rows(grouped(selected(index)), 4, extent(selected(index)), width)


def slow_view(index: Index, _: Index, width: int) -> Iterator[Text]:
    return slow_rows(slowest_jobs(selected(index), 2), width)


def jobs_view(index: Index, _: Index, width: int) -> Iterator[Text]:
    one, other = slowest_jobs(selected(index), 2)
    return jobs_rows(one, other, time_changes(one, other), width)


def versions_view(_: Index, versions: Index, width: int) -> Iterator[Text]:
    old, new = (side(f"service_version:0.0.{n}", versions) for n in (0, 1))
    found = changes(old.selected, new.selected)
    return changes_rows(old, new, found, shared_events(old.selected, new.selected), 6, width)


VIEWS = {
    "stats-area": stats_view("area"),
    "stats-event": stats_view("event"),
    "stats-layer": stats_view("layer"),
    "stats-buckets": stats_view("worker", timedelta(seconds=20)),
    "errors": errors_view,
    "slow": slow_view,
    "diff-jobs": jobs_view,
    "diff-versions": versions_view,
}


@pytest.fixture(scope="module")
def drawn() -> Iterator[Callable[[str, int], str]]:
    """Return a function that draws a view on a terminal of some width."""
    with (
        indexed(SAMPLE["sample"]) as index,
        indexed([*SAMPLE["sample"], *slower("ingest", 10)]) as versions,
    ):

        def draw(view: str, width: int) -> str:
            file = StringIO()
            console = Console(file=file, width=width, highlight=False, markup=False)
            for row in VIEWS[view](index, versions, width):
                console.print(row, soft_wrap=True)
            return file.getvalue()

        yield draw


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("view", VIEWS)
def test_the_terminal_shows(
    drawn: Callable[[str, int], str], view: str, width: int, snapshot: Snapshot
) -> None:
    snapshot.snapshot_dir = Path(__file__).parent / "snapshots"
    snapshot.assert_match(drawn(view, width), f"{view}-{width}.txt")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("view", VIEWS)
def test_no_row_is_wider_than_the_terminal(
    drawn: Callable[[str, int], str], view: str, width: int
) -> None:
    assert max(cell_len(row) for row in drawn(view, width).splitlines()) <= width


@pytest.mark.parametrize("command", COMMANDS)
def test_a_filter_chooses_what_is_asked_about(command: click.Command, sample: str) -> None:
    whole = json.loads(ran(command, sample, "--json").stdout)
    some = json.loads(ran(command, sample, "--json", "-f", "job_id:019b76da-b2c1*").stdout)
    short = json.loads(ran(command, sample, "--json", "--job", "019b76da-b2c1").stdout)
    assert some == short != whole


def test_every_shortcut_narrows_down(sample: str) -> None:
    def events(*arguments: str) -> int:
        told = json.loads(ran(stats, sample, "--json", *arguments).stdout)
        return int(told["extent"]["events"])

    assert events() == 281
    for option, value in {
        "--area": "layer,index",
        "--severity": "warn",
        "--service": "worker-*",
        "--job": "019b76da-b2c1",
        "--since": "2026-01-01T00:00:10Z",
        "--until": "2026-01-01T00:00:10Z",
        "--filter": "latency_ms>500",
    }.items():
        assert 0 < events(option, value) < 281, option
    serious = {e["event_id"] for e in SAMPLE["sample"] if e["severity"] in ("warn", "error")}
    assert events("--severity", "warn") == len(serious)
    assert events("--severity", "error", "-f", "area:layer", "-f", "error_type:*") == 1


@pytest.mark.parametrize("command", [*COMMANDS, diff])
def test_wrong_use_exits_with_2_and_says_what_to_write(
    command: click.Command, sample: str, tmp_path: Path
) -> None:
    sides = ("area:job", "area:layer") if command is diff else ()
    wrong = ran(command, *sides, sample, "-f", "latency>5")
    assert wrong.exit_code == 2
    assert "  latency>5\n  ^^^^^^^\nDid you mean latency_ms" in wrong.stderr
    missing = ran(command, *sides, str(tmp_path / "none.jsonl"))
    assert missing.exit_code == 2
    assert "none.jsonl" in missing.stderr
    assert ran(command, *sides, sample, "--severity", "fatal").exit_code == 2


def test_a_bucket_that_is_no_duration_is_told(sample: str) -> None:
    for text in ("5", "0s", "-5m", "soon"):
        done = ran(stats, sample, f"--bucket={text}")
        assert done.exit_code == 2
        assert "write 30s, 5m, 1h or 1d" in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_without_events_there_is_an_answer(command: click.Command, tmp_path: Path) -> None:
    empty = written(tmp_path / "empty.jsonl", [])
    done = ran(command, empty)
    assert done.exit_code == 0
    assert "There are no events in these files." in done.stderr


def test_an_example_leads_to_the_story(sample: str) -> None:
    told = json.loads(ran(errors, sample, "--json").stdout)["errors"]
    lost = next(error for error in told if error["error_type"] == "worker_lost")
    story = json.loads(ran(slow, sample, "--json", "--job", lost["example_id"]).stdout)["jobs"]
    assert [job["job_id"] for job in story] == [lost["example_id"]]


def test_two_jobs_are_named_by_the_beginnings_of_their_ids(sample: str) -> None:
    done = ran(diff, "019b76da-b2c1", "019B76DA-ca55", sample)
    assert done.exit_code == 0
    assert "whole job" in done.stdout
    assert "worker indexer" in done.stdout.splitlines()[4]
    ambiguous = ran(diff, "019b76da", "019b76da-ca55", sample)
    assert ambiguous.exit_code == 2
    assert "12 jobs begin with '019b76da'" in ambiguous.stderr


def test_a_significant_change_exits_with_1(tmp_path: Path) -> None:
    lines = [*SAMPLE["sample"], *slower("ingest", 10)]
    path = written(tmp_path / "both.jsonl", lines)
    changed = ran(diff, "service_version:0.0.0", "service_version:0.0.1", path)
    assert changed.exit_code == 1
    assert "● worker ingest latency" in changed.stdout
    assert ran(diff, "area:job_run", "area:job_run", path).exit_code == 0
    assert ran(diff, "area:job_run", "host:nowhere", path).exit_code == 2


def test_whatever_a_line_contains_is_shown_harmlessly(tmp_path: Path) -> None:
    # The contracts keep such text out of valid events: printable ASCII is the worst that is left.
    lines = deepcopy(SAMPLE["sample"])
    for line in lines:
        line["actor"]["service_name"] = "[bold red]x[/bold red] $(reboot) %s {0}"
        if "error_message" in line["payload"]:
            line["payload"]["error_message"] = "[link=file:///]y[/link]"
    path = written(tmp_path / "hostile.jsonl", lines)
    shown = ran(errors, path).stdout
    assert "[bold red]x[/bold red] $(reboot) %s {0}" in shown
    assert "[link=file:///]y[/link]" in shown


def test_a_filters_own_text_is_shown_harmlessly(sample: str) -> None:
    told = ran(stats, sample, "-f", f"nothing:1 {HOSTILE}").stderr
    assert not {"\x1b", "\u202e", "\u2066", "\r", "\x07"} & set(told)
    assert "nothing:1 \\x1b[31mred" in told


def test_invalid_lines_are_counted_and_told(tmp_path: Path) -> None:
    broken = [*deepcopy(SAMPLE["sample"]), SAMPLE["sample"][0] | {"payload": {}}]
    done = ran(stats, written(tmp_path / "broken.jsonl", broken))
    assert "1 invalid line" in done.stderr
    assert done.exit_code == 0


@pytest.mark.parametrize("command", ["stats", "errors", "slow"])
def test_a_reader_that_leaves_is_no_error(command: str, sample: str, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    run = f"from explorer.commands import {command}; {command}()"
    done = subprocess.run(
        [sys.executable, "-c", run, sample], stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert done.stderr == b""


@pytest.mark.parametrize("command", [*COMMANDS, diff])
def test_help_shows_examples_and_exit_codes(command: click.Command) -> None:
    told = ran(command, "--help").stdout
    assert f"narralytica {command.name} " in told
    assert "Exits with" in told
