"""`narralytica check`."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from explorer.check.fact import Break
from explorer.check.judge import Judge
from explorer.check.rules import Allowance
from explorer.harmless import harmless
from explorer.sources import MissingSource, discover, read_lines


@click.command()
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(allow_dash=True, path_type=Path),
)
@click.option("--skip-foreign", is_flag=True, help="Pass over other programs' lines.")
@click.option("--ongoing", is_flag=True, help="Jobs may still be under way: let ends be missing.")
@click.option(
    "--clock-skew",
    metavar="SECONDS",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="How far the clocks of two services may differ.",
)
def check(files: tuple[Path, ...], skip_foreign: bool, ongoing: bool, clock_skew: float) -> None:
    """Judge the event lines of FILES by schema and lifecycle rules.

    FILES are files, also .gz and .zst, directories, globs, and - for standard input. Lines that
    Docker, CRI or journald wrapped are unwrapped.

    Give all files of a system together: a job's lines stand in many. Memory does not grow with
    their number; a temporary file does. Exits with 1 when a rule is broken, and tells each break
    with file, line, rule and ids.

    \b
      narralytica check events/*.jsonl
      narralytica check /var/log/pods old.jsonl.zst - --ongoing --skip-foreign
    """
    try:
        paths = discover(files)
    except MissingSource as error:
        raise click.BadParameter(str(error), param_hint="FILES") from error
    allowance = Allowance(ongoing=ongoing, clock_skew_us=round(clock_skew * 1_000_000))
    found = 0
    try:
        with Judge(allowance=allowance, skip_foreign=skip_foreign) as judge:
            for broken in _breaks(judge, paths):
                found += 1
                click.echo(told(broken))
            foreign = f", {judge.foreign} of other programs" if skip_foreign else ""
            click.echo(f"{judge.lines} lines{foreign}, {found} breaks", err=True)
    except OSError as error:
        raise click.ClickException(str(error)) from error
    sys.exit(1 if found else 0)


def told(broken: Break) -> str:
    """Return a break on one line: place, rule, what is wrong, ids."""
    rule = broken.rule if broken.rule == "schema" else f"rule {broken.rule}"
    ids = "".join(f"  {key}={value}" for key, value in broken.ids.items())
    return f"{harmless(str(broken.place))}  {rule}  {harmless(broken.message)}{harmless(ids)}"


def _breaks(judge: Judge, paths: Sequence[Path]) -> Iterator[Break]:
    for path in paths:
        yield from judge.take(read_lines(path), str(path))
    yield from judge.breaks()
