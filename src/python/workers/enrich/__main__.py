"""`python -m workers.enrich`."""

import os

from workers.runtime.active_run import Handler
from workers.runtime.command import worker_command

PURPOSE = (
    "Compute the layers over a document's segments. ENRICH_BASE_URL and ENRICH_MODEL (with "
    "ENRICH_API_KEY, ENRICH_TIMEOUT_S) have summaries written by a model behind an "
    "OpenAI-compatible API; transcripts are then sent there."
)


def _make_handler() -> Handler:
    from workers.enrich.chat_model import ChatModel
    from workers.enrich.layers import every_layer
    from workers.enrich.worker import enrich_with

    return enrich_with(every_layer(ChatModel.from_environment(os.environ)))


if __name__ == "__main__":
    worker_command("enrich", PURPOSE, _make_handler)
