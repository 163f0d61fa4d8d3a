"""The enrich worker: computes the layers over a document's segments."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import AsyncConnection

from observability import events
from store.layers import read_segments, replace_layer
from store.model import Layer as StoredLayer
from store.model import Segment
from workers.enrich.layers import Layer, LayerResult
from workers.runtime.active_run import ActiveRun, Effect, Handler
from workers.runtime.failure import Failure
from workers.runtime.steps import run_step


def enrich_with(layers: Sequence[Layer]) -> Handler:
    """Return the worker's handler, which computes each of `layers` in turn."""

    async def enrich(run: ActiveRun) -> Effect:
        async with run.pool.connection() as connection:
            segments = tuple(await read_segments(connection, run.job.document_id))
        for layer in layers:
            await run_step(run, LayerStep(run=run, layer=layer, segments=segments))
        return _nothing_more

    return enrich


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerStep:
    """One layer over one document, with its `narralytica.layer.*` events."""

    run: ActiveRun
    layer: Layer
    segments: Sequence[Segment]

    failed_event_name = events.LayerFailed.event_name

    @property
    def step(self) -> str:
        """The step's name."""
        return f"layer:{self.layer.layer_name}"

    def started(self) -> events.LayerStarted:
        """Tell the start."""
        return events.LayerStarted(
            layer_name=self.layer.layer_name,
            layer_version=self.layer.layer_version,
            attempt=self.run.attempt,
            model_provider=self.layer.model_provider,
            model_id=self.layer.model_id,
        )

    async def work(self) -> LayerResult:
        """Compute the layer."""
        return await asyncio.to_thread(self.layer.apply, self.segments)

    async def keep(self, connection: AsyncConnection, result: LayerResult) -> None:
        """Store the layer in place of the one before."""
        stored = StoredLayer(
            layer_name=self.layer.layer_name,
            layer_version=self.layer.layer_version,
            model_provider=self.layer.model_provider,
            model_id=self.layer.model_id,
            values=tuple(result.values),
        )
        await replace_layer(connection, self.run.job.document_id, stored)

    def completed(self, result: LayerResult, latency_ms: float) -> events.LayerCompleted:
        """Tell the success."""
        return events.LayerCompleted(
            layer_name=self.layer.layer_name,
            layer_version=self.layer.layer_version,
            attempt=self.run.attempt,
            latency_ms=latency_ms,
            model_provider=self.layer.model_provider,
            model_id=self.layer.model_id,
            tokens_in=result.tokens_in,
            tokens_out=result.tokens_out,
        )

    def failed(self, failure: Failure, latency_ms: float) -> events.LayerFailed:
        """Tell the failure."""
        return events.LayerFailed(
            layer_name=self.layer.layer_name,
            layer_version=self.layer.layer_version,
            attempt=self.run.attempt,
            latency_ms=latency_ms,
            model_provider=self.layer.model_provider,
            model_id=self.layer.model_id,
            error_type=failure.error_type,
            error_message=failure.error_message,
        )


async def _nothing_more(connection: AsyncConnection) -> None:
    """Each layer was stored with its own end."""
