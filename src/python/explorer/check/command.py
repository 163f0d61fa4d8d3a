"""`narralytica check`."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from explorer.check.fact import Break
from explorer.check.judge import Judge
from explorer.check.rules import Allowance
from explorer.harmless import harmless

STDIN = Path("-")


@click.command()
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
)
@click.option("--ongoing", is_flag=True, help="Jobs may still be under way: let ends be missing.")
@click.option(
    "--clock-skew",
    metavar="SECONDS",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="How far the clocks of two services may differ.",
)
def check(files: tuple[Path, ...], ongoing: bool, clock_skew: float) -> None:
    """Judge the event lines of FILES (- is standard input) by schema and lifecycle rules.

    Give all files of a system together: a job's lines stand in many. Memory does not grow with
    their number; a temporary file does. Exits with 1 when a rule is broken, and tells each break
    with file, line, rule and ids.

    \b
      narralytica check events/*.jsonl
      zcat old.jsonl.gz | narralytica check - --ongoing
    """
    allowance = Allowance(ongoing=ongoing, clock_skew_us=round(clock_skew * 1_000_000))
    found = 0
    try:
        with Judge(allowance=allowance) as judge:
            for broken in _breaks(judge, files):
                found += 1
                click.echo(told(broken))
            click.echo(f"{judge.lines} lines, {found} breaks", err=True)
    except OSError as error:
        raise click.ClickException(str(error)) from error
    sys.exit(1 if found else 0)


def told(broken: Break) -> str:
    """Return a break on one line: place, rule, what is wrong, ids."""
    rule = broken.rule if broken.rule == "schema" else f"rule {broken.rule}"
    ids = "".join(f"  {key}={value}" for key, value in broken.ids.items())
    return f"{harmless(str(broken.place))}  {rule}  {harmless(broken.message)}{harmless(ids)}"


def _breaks(judge: Judge, files: tuple[Path, ...]) -> Iterator[Break]:
    for path in files:
        if path == STDIN:
            yield from judge.take(sys.stdin.buffer, "-")
        else:
            with path.open("rb") as file:
                yield from judge.take(file, str(path))
    yield from judge.breaks()
