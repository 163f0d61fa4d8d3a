"""`./pants run tests/fuzz -- --cases N --seed S`."""

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import click

from stack.embedded_postgres import embedded_postgres
from store.database import migrate
from tests.fuzz.report import as_text
from tests.fuzz.run import fuzzed
from tests.fuzz.stand_in import ending_jobs
from tests.integration.lone_api import running_api


@click.command()
@click.option("--cases", default=20_000, show_default=True, help="How many requests, at least.")
@click.option("--seed", default=1, show_default=True, help="Decides what they are.")
def main(cases: int, seed: int) -> None:
    """Send the API cases made from its OpenAPI document, and judge its answers.

    Exits with 1 when an answer was an error of the server's, or none that the document describes.
    """
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="fuzz-")))
        folder.chmod(0o711)  # PostgreSQL's own user must be able to enter it
        url = cleanup.enter_context(embedded_postgres(folder))
        migrate(url)
        cleanup.enter_context(ending_jobs(url))
        api = cleanup.enter_context(running_api(url, folder))
        tally = fuzzed(str(api.client.base_url).rstrip("/"), cases=cases, seed=seed)
    click.echo(as_text(tally))
    sys.exit(1 if tally.failed or tally.server_errors else 0)


if __name__ == "__main__":
    main(prog_name="tests/fuzz")
