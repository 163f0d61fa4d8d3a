"""The indexer worker: brings the search index up to date with a document."""

from dataclasses import dataclass

from psycopg import AsyncConnection

from observability import events
from store.layers import read_layer_values, read_segments
from store.model import Passage
from store.passages import INDEX_NAME, replace_passages
from workers.runtime.active_run import ActiveRun, Effect
from workers.runtime.failure import Failure
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
    failed_event_name = events.IndexSyncFailed.event_name

    def started(self) -> events.IndexSyncStarted:
        """Tell the start."""
        return events.IndexSyncStarted(
            index=INDEX_NAME, attempt=self.run.attempt, documents_count=1
        )

    async def work(self) -> list[Passage]:
        """Join the segments with their embeddings."""
        document_id = self.run.job.document_id
        async with self.run.pool.connection() as connection:
            segments = await read_segments(connection, document_id)
            embeddings = await read_layer_values(connection, document_id, EMBEDDING_LAYER)
        return [
            Passage(segment=segment, embedding=embedding)
            for segment, embedding in zip(segments, embeddings, strict=True)
        ]

    async def keep(self, connection: AsyncConnection, result: list[Passage]) -> None:
        """Replace what the index knows of the document."""
        await replace_passages(connection, self.run.job.document_id, result)

    def completed(self, result: list[Passage], latency_ms: float) -> events.IndexSyncCompleted:
        """Tell the success."""
        return events.IndexSyncCompleted(
            index=INDEX_NAME,
            attempt=self.run.attempt,
            documents_count=1,
            latency_ms=latency_ms,
        )

    def failed(self, failure: Failure, latency_ms: float) -> events.IndexSyncFailed:
        """Tell the failure."""
        return events.IndexSyncFailed(
            index=INDEX_NAME,
            attempt=self.run.attempt,
            documents_count=1,
            latency_ms=latency_ms,
            error_type=failure.error_type,
            error_message=failure.error_message,
        )


async def _nothing_more(connection: AsyncConnection) -> None:
    """The index was replaced with the sync's own end."""
