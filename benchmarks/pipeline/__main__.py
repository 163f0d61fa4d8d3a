"""`./pants run benchmarks:pipeline`: how much the pipeline takes, and what telling of it costs."""

import logging
from pathlib import Path

import click

from benchmarks.pipeline.load import FailedRequest
from benchmarks.pipeline.measure import FailedJobs, Plan, measured
from benchmarks.pipeline.report import as_json, as_text

JSON_PATH = Path("dist/benchmarks/pipeline.json")


@click.command()
@click.option("--json", "json_path", default=JSON_PATH, show_default=True, type=Path)
@click.option("--idle-jobs", default=500, show_default=True, help="For workers without work.")
@click.option("--jobs", default=200, show_default=True, help="Texts, for the product's workers.")
@click.option("--lone-jobs", default=20, show_default=True, help="Texts, one at a time.")
@click.option("--recordings", default=3, show_default=True, help="Of 11 s, one at a time.")
@click.option("--searches", default=500, show_default=True, help="Over these texts.")
@click.option("--clients", default=4, show_default=True, help="That send at a time.")
def main(
    json_path: Path,
    idle_jobs: int,
    jobs: int,
    lone_jobs: int,
    recordings: int,
    searches: int,
    clients: int,
) -> None:
    """Send requests and jobs through the API and five workers, and time what they take.

    With --jobs 10000 it says whether memory stays flat.
    """
    # wordllama sets logging up for whoever imports it, and libraries then tell all they do.
    logging.disable(logging.INFO)
    plan = Plan(
        idle_jobs=idle_jobs,
        text_jobs=jobs,
        lone_jobs=lone_jobs,
        recordings=recordings,
        searches=searches,
        clients=clients,
    )
    try:
        found = measured(plan, lambda text: click.echo(text, err=True))
    except (FailedJobs, FailedRequest) as error:
        raise click.ClickException(str(error)) from error
    json_path.parent.mkdir(parents=True, exist_ok=True)
    json_path.write_text(as_json(plan, found), encoding="utf-8")
    click.echo(as_text(found))
    click.echo(f"\nAll numbers: {json_path}")


if __name__ == "__main__":
    main(prog_name="benchmarks:pipeline")
