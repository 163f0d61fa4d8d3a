"""`./pants run benchmarks:explorer`: indexing lines and finding ids, beside grep, jq and lnav."""

import os
import shutil
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from benchmarks.explorer.measure import FailedCommand, Run, python, run
from benchmarks.explorer.stream import some_ids, write_stream

INDEX = """
import sys
from pathlib import Path
from explorer.index import Index
with Index.open([Path(sys.argv[1])], folder=Path(sys.argv[2])) as index:
    print(index.coverage()[0].lines)
"""
#: Each id in an index that is open: its beginning resolved, and its whole story told.
LOOK_UP = """
import sys, time
from pathlib import Path
from explorer.index import Index
with Index.open([Path(sys.argv[1])], folder=Path(sys.argv[2])) as index:
    for identifier in sys.argv[3:]:
        started = time.perf_counter()
        [match] = index.matches(identifier[:28])
        story = index.connected(match.identifier)
        print((time.perf_counter() - started) * 1000, len(story))
"""
TRACE = """
from explorer.trace import trace
trace()
"""

Row = tuple[str, ...]


@click.command()
@click.option("--lines", default=1_000_000, show_default=True, help="In the file that is made.")
@click.option(
    "--file", "given", type=click.Path(exists=True, path_type=Path), help="Take this one."
)
@click.option("--rounds", default=3, show_default=True, help="Of each command.")
@click.option("--ids", default=10, show_default=True, help="Looked up, of each of five kinds.")
def main(lines: int, given: Path | None, rounds: int, ids: int) -> None:
    """Index a file of so many lines, and look ids up, beside what else one would take."""
    with tempfile.TemporaryDirectory(prefix="narralytica-benchmark-") as name:
        folder = Path(name)
        path = given or folder / "events.jsonl"
        if given is None:
            click.echo("writing the file …", err=True)
            write_stream(path, lines)
        with path.open("rb") as file:
            lines = sum(1 for _ in file)
        size = path.stat().st_size / 1e6
        click.echo(
            f"{lines:,} lines, {size:,.0f} MB, {len(os.sched_getaffinity(0))} cores,", nl=False
        )
        click.echo(f" load {os.getloadavg()[0]:.1f} at the start")
        try:
            for row in _rows(path, folder, lines, rounds, ids):
                click.echo("| " + " | ".join(row) + " |")
        except FailedCommand as error:
            raise click.ClickException(str(error)) from error
        click.echo(f"load {os.getloadavg()[0]:.1f} at the end")


def _rows(path: Path, folder: Path, lines: int, rounds: int, ids: int) -> Iterator[Row]:
    yield "what", "median s (least)", "CPU s", "peak MiB"
    yield "---", "--:", "--:", "--:"
    index = folder / "index"
    yield _row("index the file", [_indexed(path, index, lines) for _ in range(rounds)])
    kept = sum(file.stat().st_size for file in index.iterdir()) / 1e6
    yield f"(the index takes {kept:,.0f} MB)", "", "", ""
    again = [run(python(INDEX, str(path), str(index))) for _ in range(rounds)]
    yield _row("open it again, nothing new", again)
    yield from _look_ups(path, index, ids)
    kind, identifier = list(some_ids(path, 1))[2]
    os.environ["XDG_CACHE_HOME"] = str(folder)
    run(python(TRACE, identifier, str(path)))
    searches: dict[str, Sequence[str]] = {
        "narralytica trace, process start and all": python(TRACE, identifier, str(path)),
        "grep -F": ("grep", "-F", identifier, str(path)),
        "jq select": ("jq", "-c", f'select(.correlation.{kind} == "{identifier}")', str(path)),
        "lnav :filter-in": ("lnav", "-n", "-c", f":filter-in {identifier}", str(path)),
    }
    for what, command in searches.items():
        if shutil.which(command[0]):
            yield _row(f"one {kind}: {what}", [run(command) for _ in range(rounds)])


def _indexed(path: Path, folder: Path, lines: int) -> Run:
    shutil.rmtree(folder, ignore_errors=True)
    done = run(python(INDEX, str(path), str(folder)))
    if int(done.output) != lines:
        raise FailedCommand(f"{done.output} lines were indexed, not {lines}")
    return done


def _look_ups(path: Path, folder: Path, ids: int) -> Iterator[Row]:
    wanted = list(some_ids(path, ids))
    done = run(python(LOOK_UP, str(path), str(folder), *(identifier for _, identifier in wanted)))
    times: dict[str, list[float]] = {}
    for (kind, _), told in zip(wanted, done.output.splitlines(), strict=True):
        times.setdefault(kind, []).append(float(told.split()[0]) / 1000)
    for kind, taken in times.items():
        yield f"{kind}: its story, index open", _seconds(taken), f"most {max(taken):.3f}", ""


def _row(what: str, runs: Sequence[Run]) -> Row:
    walls = [each.wall_s for each in runs]
    cpu = min(each.cpu_s for each in runs)
    return what, _seconds(walls), f"{cpu:.2f}", f"{max(each.peak_mib for each in runs):.0f}"


def _seconds(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.3f} ({min(values):.3f})"


if __name__ == "__main__":
    main()
