"""The enrich worker: computes the layers over a document's segments."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import AsyncConnection

import observability as obs
from observability import events
from store.layers import layers_of_job, note_layer_of_job, read_segments, replace_layer
from store.model import Job, Segment
from store.model import Layer as StoredLayer
from workers.enrich.layers import Layer, LayerResult
from workers.runtime.active_run import ActiveRun, Effect, Handler
from workers.runtime.steps import run_steps


def enrich_with(layers: Sequence[Layer]) -> Handler:
    """Return the worker's handler, which computes those of `layers` that its job asks for.

    The remote ones run beside the others, which come one after the other. All have ended before
    the run fails for one of them, and the next attempt computes only what is missing.
    """

    async def enrich(run: ActiveRun) -> Effect:
        async with run.database.connection() as connection:
            segments = tuple(await read_segments(connection, run.job.document_id))
            done = await layers_of_job(connection, run.job.job_id)
        steps = [
            LayerStep(run=run, layer=layer, segments=segments)
            for layer in layers
            if layer.layer_name not in done and _asked_for(layer, run.job)
        ]
        remote = [[step] for step in steps if step.layer.remote]
        local = [step for step in steps if not step.layer.remote]
        outcomes = await asyncio.gather(*(run_steps(run, steps) for steps in (*remote, local)))
        if errors := [error for outcome in outcomes for error in outcome]:
            raise errors[0]
        return _nothing_more

    return enrich


def _asked_for(layer: Layer, job: Job) -> bool:
    return job.layers is None or layer.layer_name in job.layers


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerStep:
    """One layer over one document, with its `narralytica.layer.*` events."""

    run: ActiveRun
    layer: Layer
    segments: Sequence[Segment]

    failed_event_name = events.LayerFailed.event_name
    cancelled_event_name = events.LayerCancelled.event_name

    @property
    def step(self) -> str:
        """The step's name."""
        return f"layer:{self.layer.layer_name}"

    @property
    def required(self) -> bool:
        """Whether the job fails without the layer."""
        return self.layer.required

    @property
    def told(self) -> obs.Layer:
        """What the layer's events say of it."""
        return obs.Layer(
            layer_name=self.layer.layer_name,
            layer_version=self.layer.layer_version,
            model_provider=self.layer.model_provider,
            model_id=self.layer.model_id,
            attempt=self.run.told.attempt,
        )

    def started(self) -> obs.Event:
        """Tell the start."""
        return self.told.started()

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
            values=result.values,
            document_value=result.document_value,
        )
        await replace_layer(connection, self.run.job.document_id, stored)
        await note_layer_of_job(connection, self.run.job.job_id, self.layer.layer_name)

    def completed(self, result: LayerResult, latency_ms: float) -> obs.Event:
        """Tell the success."""
        return self.told.completed(
            latency_ms=latency_ms, tokens_in=result.tokens_in, tokens_out=result.tokens_out
        )

    def failed(self, error: obs.ToldError, latency_ms: float) -> obs.Event:
        """Tell the failure."""
        return self.told.failed(error, latency_ms=latency_ms)


async def _nothing_more(connection: AsyncConnection) -> None:
    """Each layer was stored with its own end."""
