"""`python -m workers.enrich`."""

from workers.runtime.active_run import Handler
from workers.runtime.command import worker_command


def _make_handler() -> Handler:
    from workers.enrich.layers import default_layers
    from workers.enrich.worker import enrich_with

    return enrich_with(default_layers())


if __name__ == "__main__":
    worker_command("enrich", "Compute the layers over a document's segments.", _make_handler)
