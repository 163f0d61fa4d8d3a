"""A worker whose work takes up to a second, and now and then fails; its arguments: name and seed.

It is a real worker in all but its work: about one run in thirty meets an error that may pass, one
in a hundred an input that it can never work off. `enrich` does it within two layers.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from psycopg import AsyncConnection

from store.model import Segment
from store.pipeline import WORKERS
from workers.enrich.layers import LayerResult
from workers.enrich.worker import LayerStep
from workers.runtime.active_run import ActiveRun, Effect, Handler
from workers.runtime.command import worker_command
from workers.runtime.failure import BadInput
from workers.runtime.steps import run_step

LAYERS = ("first", "second")


class Hiccup(OSError):
    """What may pass; told apart from what the faults of a run cause."""


class Unsuitable(BadInput):
    """What another attempt would meet again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsteadyLayer:
    """A layer that takes its time and finds nothing."""

    layer_name: str
    seconds: float
    layer_version: str = "1.0.0"
    required: bool = True
    remote: bool = False
    model_provider: str = "tests"
    model_id: str = "unsteady"

    def apply(self, segments: Sequence[Segment]) -> LayerResult:
        """Take the time."""
        time.sleep(self.seconds)
        return LayerResult(values=[])


def unsteady(worker: str, random: Random) -> Handler:
    """Return the handler of the worker `worker`."""

    async def handler(run: ActiveRun) -> Effect:
        seconds, luck = random.random(), random.random()
        if worker == "enrich":
            for name in LAYERS:
                layer = UnsteadyLayer(layer_name=name, seconds=seconds / len(LAYERS))
                await run_step(run, LayerStep(run=run, layer=layer, segments=()))
        else:
            await asyncio.sleep(seconds)
        if luck < 0.01:
            raise Unsuitable("the input is unsuitable")
        if luck < 0.04:
            raise Hiccup("something was in the way")
        return _nothing

    return handler


async def _nothing(connection: AsyncConnection) -> None:
    """Changes nothing."""


if __name__ == "__main__":
    given, seed = sys.argv[1:]
    [worker] = [known for known in WORKERS if known == given]
    sys.argv[1:] = []
    random = Random(seed)  # noqa: S311  luck, no secret
    worker_command(worker, "Unsteady.", lambda: unsteady(worker, random))
