"""What is fuzzed: PostgreSQL and the API as processes, and what stands in for the workers."""

from contextlib import ExitStack
from pathlib import Path

from stack.embedded_postgres import embedded_postgres
from store.database import migrate
from tests.fuzz.run import Tally, fuzzed
from tests.fuzz.stand_in import ending_jobs
from tests.integration.example_rows import insert_examples
from tests.integration.lone_api import running_api


def fuzzed_api(folder: Path, *, cases: int, seed: int) -> Tally:
    """Send at least so many cases to an API of its own, with all that it keeps in `folder`."""
    folder.chmod(0o711)  # PostgreSQL's own user must be able to enter it
    with ExitStack() as cleanup:
        url = cleanup.enter_context(embedded_postgres(folder))
        migrate(url)
        insert_examples(url)
        cleanup.enter_context(ending_jobs(url))
        api = cleanup.enter_context(running_api(url, folder))
        return fuzzed(str(api.client.base_url).rstrip("/"), cases=cases, seed=seed)
