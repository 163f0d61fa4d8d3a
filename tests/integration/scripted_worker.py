"""A worker whose work is scripted: its arguments are its name, a folder, and steps.

It is a real worker in all but its work. What the n-th attempt at a job does, the n-th step says:

    done    completes
    wait    completes once the file release-N appears in the folder; cannot be cancelled
    raise   meets an error that may pass; its message holds what no event may tell
    stumble meets an error that nobody has thought of
    refuse  finds that its input can never be worked off

The worker `enrich` does it within a layer. Attempts behind the last step complete.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from psycopg import AsyncConnection

from store.model import Segment
from store.pipeline import WORKERS
from workers.enrich.layers import LayerResult
from workers.enrich.worker import LayerStep
from workers.runtime.active_run import ActiveRun, Effect, Handler
from workers.runtime.command import worker_command
from workers.runtime.failure import BadInput
from workers.runtime.steps import run_step


class Unsuitable(BadInput):
    """What the step `refuse` raises."""


class ScriptedLayer:
    """A layer that takes as long as its script says."""

    layer_name = "scripted"
    layer_version = "1.0.0"
    required = True
    remote = False
    model_provider = "tests"
    model_id = "script"

    def __init__(self, step: str, release: Path) -> None:
        self._step = step
        self._release = release

    def apply(self, segments: Sequence[Segment]) -> LayerResult:
        if self._step == "wait":
            _wait(self._release)
        return LayerResult(values=[])


def scripted(worker: str, folder: Path, steps: Sequence[str]) -> Handler:
    async def handler(run: ActiveRun) -> Effect:
        step = steps[run.told.attempt - 1] if run.told.attempt <= len(steps) else "done"
        release = folder / f"release-{run.told.attempt}"
        if worker == "enrich":
            layer = ScriptedLayer(step, release)
            await run_step(run, LayerStep(run=run, layer=layer, segments=()))
        elif step == "wait":
            await asyncio.to_thread(_wait, release)
        if step == "raise":
            raise ConnectionError("the secret words of a user")
        if step == "stumble":
            raise LookupError("the secret words of a user")
        if step == "refuse":
            raise Unsuitable("the input is unsuitable")
        return _nothing

    return handler


def _wait(release: Path) -> None:
    while not release.exists():
        time.sleep(0.02)


async def _nothing(connection: AsyncConnection) -> None:
    """Changes nothing."""


if __name__ == "__main__":
    [given, folder, *steps] = sys.argv[1:]
    [worker] = [known for known in WORKERS if known == given]
    sys.argv[1:] = []
    worker_command(worker, "Scripted.", lambda: scripted(worker, Path(folder), steps))
