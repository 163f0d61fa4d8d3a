"""`./pants run benchmarks:emit`: measures what one event costs, here and elsewhere."""

from pathlib import Path

import click

from benchmarks.emit.catalogue import CATALOGUE
from benchmarks.emit.imports import import_cost
from benchmarks.emit.measure import THREADS, FailedSubject, Plan, measured
from benchmarks.emit.memory import allocations
from benchmarks.emit.report import as_json, as_text
from benchmarks.emit.verify import WrongLines

JSON_PATH = Path("dist/benchmarks/emit.json")


def _shared(_context: click.Context, _option: click.Parameter, events: int) -> int:
    if events < 1 or events % max(THREADS):
        raise click.BadParameter(f"takes a multiple of {max(THREADS)}: the threads share them")
    return events


@click.command()
@click.option("--json", "json_path", default=JSON_PATH, show_default=True, type=Path)
@click.option(
    "--events", default=2_000, show_default=True, callback=_shared, help="Events a timed repeat."
)
@click.option("--repeats", default=4, show_default=True, help="Timed repeats a process.")
@click.option(
    "--rounds", default=3, show_default=True, help="Processes a combination, interleaved."
)
@click.option("--imports", default=11, show_default=True, help="Fresh imports of the façade.")
@click.option("--only", multiple=True, type=click.Choice(list(CATALOGUE)), help="Subjects; all.")
def main(
    json_path: Path, events: int, repeats: int, rounds: int, imports: int, only: tuple[str, ...]
) -> None:
    """Measure what one event line costs, in the façade and in its peers."""
    subjects = only or tuple(CATALOGUE)
    plan = Plan(subjects=subjects, events=events, repeats=repeats, rounds=rounds)
    try:
        runs = measured(plan, progress=lambda text: click.echo(text, err=True))
        memory = allocations(subjects, events=min(events, 500))
    except (FailedSubject, WrongLines) as error:
        raise click.ClickException(str(error)) from error
    facade = import_cost("observability", repeats=imports)
    json_path.parent.mkdir(parents=True, exist_ok=True)
    json_path.write_text(as_json(plan, runs, memory, facade), encoding="utf-8")
    click.echo(as_text(runs, memory, facade))
    click.echo(f"\nAll numbers: {json_path}")


if __name__ == "__main__":
    main(prog_name="benchmarks:emit")
