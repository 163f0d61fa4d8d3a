"""A database of a benchmark's own, and the folders of those that work on it."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.embedded_postgres import embedded_postgres
from stack.processes import Folders
from store.database import migrate


@contextmanager
def own_database() -> Iterator[tuple[str, Folders]]:
    """Run PostgreSQL with the product's empty tables until the block ends; leave nothing behind."""
    # Not a user's own folder, which the database's system user may not enter.
    folder = Path(tempfile.mkdtemp(prefix="narralytica-benchmark-"))
    folder.chmod(0o711)
    try:
        with embedded_postgres(folder) as url:
            migrate(url)
            yield url, Folders.below(folder)
    finally:
        shutil.rmtree(folder)
