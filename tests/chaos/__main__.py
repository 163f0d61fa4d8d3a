"""`./pants run tests/chaos -- --minutes N --seed S`."""

import sys
import tempfile
from pathlib import Path

import click

from tests.chaos.report import as_json, as_text
from tests.chaos.run import Plan, carried_out


@click.command()
@click.option("--minutes", default=5.0, show_default=True, help="How long faults come.")
@click.option("--seed", default=1, show_default=True, help="Decides the faults and the luck.")
@click.option("--jobs", default=500, show_default=True, help="Sent over that time.")
@click.option("--workers", default=10, show_default=True, help="Processes, of all five kinds.")
@click.option("--fault-every", default=8.0, show_default=True, help="Seconds, on average.")
@click.option("--keep", type=click.Path(path_type=Path), help="A new folder for lines and logs.")
@click.option("--json", "json_path", default=Path("dist/chaos.json"), show_default=True, type=Path)
def main(
    minutes: float,
    seed: int,
    jobs: int,
    workers: int,
    fault_every: float,
    keep: Path | None,
    json_path: Path,
) -> None:
    """Let a whole stack work under faults, and judge what it told.

    Exits with 1 when a rule was broken, a job lost or an end doubled.

    \b
      ./pants run tests/chaos -- --minutes 30 --seed 7 --keep dist/chaos
    """
    plan = Plan(
        seed=seed, seconds=60 * minutes, jobs=jobs, workers=workers, fault_every_s=fault_every
    )
    with tempfile.TemporaryDirectory(prefix="chaos-lines-") as temporary:
        folder = keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        outcome = carried_out(plan, folder, lambda text: click.echo(text, err=True))
    json_path.parent.mkdir(parents=True, exist_ok=True)
    json_path.write_text(as_json(plan, outcome), encoding="utf-8")
    click.echo(as_text(outcome))
    sys.exit(0 if outcome.is_well else 1)


if __name__ == "__main__":
    main(prog_name="tests/chaos")
