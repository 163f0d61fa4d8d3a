"""`./pants run benchmarks:http`: measures what ids and events cost a server."""

from pathlib import Path

import click

from benchmarks.http.applications import APPLICATIONS
from benchmarks.http.measure import FailedServer, Plan, measured
from benchmarks.http.report import as_json, as_text
from benchmarks.http.wrk import FailedLoad, MissingWrk, require_wrk

JSON_PATH = Path("dist/benchmarks/http.json")


@click.command()
@click.option("--json", "json_path", default=JSON_PATH, show_default=True, type=Path)
@click.option("--rounds", default=8, show_default=True, help="Servers an application.")
@click.option("--seconds", default=2, show_default=True, help="Of load, on each server.")
@click.option("--warm-up", default=1, show_default=True, help="Seconds of load that do not count.")
@click.option("--connections", default=16, show_default=True, help="Open at a time.")
@click.option("--only", multiple=True, type=click.Choice(list(APPLICATIONS)), help="Default: all.")
def main(
    json_path: Path,
    rounds: int,
    seconds: int,
    warm_up: int,
    connections: int,
    only: tuple[str, ...],
) -> None:
    """Measure what ids and events cost a server, under load from wrk on loopback."""
    plan = Plan(
        applications=only or tuple(APPLICATIONS),
        rounds=rounds,
        seconds=seconds,
        warm_up_seconds=warm_up,
        connections=connections,
    )
    try:
        measurements = measured(plan, require_wrk(), lambda text: click.echo(text, err=True))
    except (FailedLoad, FailedServer, MissingWrk) as error:
        raise click.ClickException(str(error)) from error
    json_path.parent.mkdir(parents=True, exist_ok=True)
    json_path.write_text(as_json(plan, measurements), encoding="utf-8")
    click.echo(as_text(measurements))
    click.echo(f"\nAll numbers: {json_path}")


if __name__ == "__main__":
    main(prog_name="benchmarks:http")
