"""The indexer worker: brings the search index up to date with a document."""

from dataclasses import dataclass

from psycopg import AsyncConnection

import observability as obs
from observability import events
from store.labels import labels_of
from store.layers import read_layers, read_segments
from store.model import Passage
from store.passages import INDEX_NAME, replace_passages
from workers.runtime.active_run import ActiveRun, Effect
from workers.runtime.steps import run_step

EMBEDDING_LAYER = "embedding"


async def index(run: ActiveRun) -> Effect:
    """Put the document's segments, with their embeddings, into the index."""
    await run_step(run, IndexSync(run=run))
    return _nothing_more


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSync:
    """The sync of one document, with its `narralytica.index.sync.*` events."""

    run: ActiveRun

    step = "index.sync"
    required = True
    failed_event_name = events.IndexSyncFailed.event_name
    cancelled_event_name = events.IndexSyncCancelled.event_name

    @property
    def told(self) -> obs.IndexSync:
        """What the sync's events say of it."""
        return obs.IndexSync(index=INDEX_NAME, documents_count=1, attempt=self.run.told.attempt)

    def started(self) -> obs.Event:
        """Tell the start."""
        return self.told.started()

    async def work(self) -> list[Passage]:
        """Join the segments with what the layers say of them."""
        document_id = self.run.job.document_id
        async with self.run.database.connection() as connection:
            segments = await read_segments(connection, document_id)
            layers = await read_layers(connection, document_id)
        embeddings = layers.pop(EMBEDDING_LAYER, None)
        if embeddings is None:
            raise LookupError(f"the document has no {EMBEDDING_LAYER} layer")
        return [
            Passage(
                segment=segment,
                embedding=embedding,
                labels=frozenset().union(
                    *(labels_of(name, values[ordinal]) for name, values in layers.items())
                ),
            )
            for ordinal, (segment, embedding) in enumerate(zip(segments, embeddings, strict=True))
        ]

    async def keep(self, connection: AsyncConnection, result: list[Passage]) -> None:
        """Replace what the index knows of the document."""
        await replace_passages(connection, self.run.job.document_id, result)

    def completed(self, result: list[Passage], latency_ms: float) -> obs.Event:
        """Tell the success."""
        return self.told.completed(latency_ms=latency_ms)

    def failed(self, error: obs.ToldError, latency_ms: float) -> obs.Event:
        """Tell the failure."""
        return self.told.failed(error, latency_ms=latency_ms)


async def _nothing_more(connection: AsyncConnection) -> None:
    """The index was replaced with the sync's own end."""
