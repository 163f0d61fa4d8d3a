"""`./pants run tests/scale -- partition` and `-- throughput`: as root, on Linux."""

import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from stack.launch import StackError
from tests.scale.network import NetworkError
from tests.scale.partition import MACHINES, Plan, carried_out
from tests.scale.postgres import PostgresError
from tests.scale.report import of_partition, of_throughput
from tests.scale.throughput import ThroughputError, Work, measured

EXPECTED = (NetworkError, PostgresError, StackError, ThroughputError)

_postgres = click.option(
    "--postgres",
    "programs",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of PostgreSQL's programs, with pgvector: TLS is used. Default: the wheel's.",
)


@click.group()
def main() -> None:
    """Spread the product over machines, which are network namespaces here, and see how it does."""
    # As Ctrl-C does: what was started is stopped, and folders go.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@main.command()
@click.option("--cut", default="workers-2", show_default=True, type=click.Choice(MACHINES))
@click.option("--seconds", default=60.0, show_default=True, help="How long it is cut off.")
@click.option("--seed", default=1, show_default=True, help="Decides the workers' luck.")
@click.option("--keep", type=click.Path(path_type=Path), help="A new folder for lines and logs.")
@_postgres
def partition(
    cut: str, seconds: float, seed: int, keep: Path | None, programs: Path | None
) -> None:
    """Cut a machine off for a while.

    Exits with 1 when a rule was broken, a job lost or an end doubled.
    """
    plan = Plan(cut=cut, cut_for_s=seconds, seconds=seconds + 30, seed=seed, programs=programs)
    with _told_plainly(), tempfile.TemporaryDirectory(prefix="scale-lines-") as temporary:
        folder = keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        outcome = carried_out(plan, folder, lambda text: click.echo(text, err=True))
    click.echo(of_partition(outcome))
    sys.exit(0 if outcome.is_well else 1)


@main.command()
@click.option("--work", default="none", show_default=True, type=click.Choice(["none", "subtitles"]))
@click.option("--machines", default="1,2,4", show_default=True, help="Of workers, one run each.")
@click.option("--jobs", default=1000, show_default=True)
@_postgres
def throughput(work: Work, machines: str, jobs: int, programs: Path | None) -> None:
    """Let more and more machines work off jobs.

    A machine has one worker process for jobs without work, and one of each kind for subtitles.
    """
    results = []
    with _told_plainly():
        for number in machines.split(","):
            with tempfile.TemporaryDirectory(prefix="scale-lines-") as folder:
                one = measured(
                    work, machines=int(number), jobs=jobs, programs=programs, folder=Path(folder)
                )
            results.append(one)
    click.echo(of_throughput(results))


@contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except EXPECTED as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main(prog_name="tests/scale")
