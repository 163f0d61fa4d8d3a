"""`contracts sample`: a stream of whole jobs, for receivers and dashboards to be tested with."""

import json
from pathlib import Path

import click

from registry.sample.stream import ENOUGH_JOBS, sample_lines
from registry.sources import InvalidRegistry, load


@click.command(
    help="Write the event lines of N whole jobs: retries, lost workers, degraded layers,"
    " duplicates. Every line keeps the contracts, the stream keeps the rules of the lifecycle, and"
    f" with {ENOUGH_JOBS} jobs or more every registered event appears.\n\n"
    "\b\n  narralytica contracts sample --jobs 50 --seed 1 > sample.jsonl"
)
@click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="How many jobs.",
)
@click.option(
    "--seed",
    metavar="S",
    type=int,
    default=0,
    show_default=True,
    help="The same seed writes the same lines.",
)
@click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The repository folder, which holds contracts/.",
)
def sample(jobs: int, seed: int, root: Path) -> None:
    """Write the sample to standard output."""
    try:
        registry = load(root)
    except InvalidRegistry as error:
        raise click.ClickException(str(error)) from error
    for line in sample_lines(registry, jobs=jobs, seed=seed):
        click.echo(json.dumps(line, separators=(",", ":")))
