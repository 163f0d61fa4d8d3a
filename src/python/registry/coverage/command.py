"""`contracts coverage`: what emitted lines show of the contracts."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from registry.coverage.plan import read_plan
from registry.coverage.report import as_json, as_text, by_service, overall
from registry.coverage.tally import Tally, UnreadableLine
from registry.sources import InvalidRegistry


@click.command()
@click.argument("files", nargs=-1, required=True)
@click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The repository folder, which holds contracts/.",
)
@click.option("--by-service", "each", is_flag=True, help="Tell it of each service, too.")
@click.option(
    "--fail-under",
    metavar="PERCENT",
    type=click.FloatRange(0, 100),
    help="How much of the contracts has to be seen.",
)
@click.option("--json", "json_wanted", is_flag=True, help="Write JSON.")
def coverage(
    files: Sequence[str], root: Path, each: bool, fail_under: float | None, json_wanted: bool
) -> None:
    """Tell which events, optional fields and enum values the lines in FILES show (- is stdin).

    With --fail-under, exits with 1 when less than PERCENT of them was seen, or when a line bears a
    name, an emitter or a field that is not registered.

    \b
      narralytica contracts coverage --by-service events/*.jsonl
      narralytica contracts coverage --fail-under 90 --json events/*.jsonl
    """
    try:
        tally = Tally(plan=read_plan(root))
        for file in files:
            _read(file, tally)
    except (InvalidRegistry, UnreadableLine) as error:
        raise click.ClickException(str(error)) from error
    write = as_json if json_wanted else as_text
    click.echo(write(tally, by_service(tally) if each else {}), nl=False)
    percent = overall(tally).percent
    if fail_under is not None and (percent < fail_under or tally.strangers):
        click.echo(
            f"seen {percent:.1f} % of {fail_under:g} %, not registered: {len(tally.strangers)}",
            err=True,
        )
        sys.exit(1)


def _read(file: str, tally: Tally) -> None:
    try:
        with click.open_file(file, "rb") as lines:
            tally.read(file, lines)
    except OSError as error:
        raise UnreadableLine(f"{file}: cannot be read ({error.strerror})") from error
