"""`python -m workers.indexer`."""

from workers.runtime.active_run import Handler
from workers.runtime.command import worker_command


def _make_handler() -> Handler:
    from workers.indexer.worker import index

    return index


if __name__ == "__main__":
    worker_command("indexer", "Bring the search index up to date with documents.", _make_handler)
