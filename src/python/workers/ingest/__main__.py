"""`python -m workers.ingest`."""

from workers.runtime.active_run import Handler
from workers.runtime.command import worker_command


def _make_handler() -> Handler:
    from workers.ingest.worker import ingest

    return ingest


if __name__ == "__main__":
    worker_command("ingest", "Find out what documents are, and decode their sound.", _make_handler)
