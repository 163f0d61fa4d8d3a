"""`./pants run tests/fuzz -- --cases N --seed S`."""

import sys
import tempfile
from pathlib import Path

import click

from tests.fuzz.report import as_text
from tests.fuzz.site import fuzzed_api


@click.command()
@click.option("--cases", default=20_000, show_default=True, help="How many requests, at least.")
@click.option("--seed", default=1, show_default=True, help="Decides what they are.")
def main(cases: int, seed: int) -> None:
    """Send the API cases made from its OpenAPI document, and judge its answers.

    Exits with 1 when an answer was an error of the server's, or none that the document describes.
    """
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        tally = fuzzed_api(Path(folder), cases=cases, seed=seed)
    click.echo(as_text(tally))
    sys.exit(0 if tally.is_well else 1)


if __name__ == "__main__":
    main(prog_name="tests/fuzz")
