"""Which workers take part in a job, in order, and which layers `enrich` knows."""

from collections.abc import Mapping
from typing import Literal, get_args

JobType = Literal["ingest", "transcribe", "diarize", "enrich", "index"]
Worker = Literal["ingest", "transcribe", "diarize", "enrich", "indexer"]
LayerName = Literal["sentiment", "keywords", "entities", "topics", "summary", "embedding"]

JOB_TYPES: tuple[JobType, ...] = get_args(JobType)
WORKERS: tuple[Worker, ...] = get_args(Worker)
LAYERS: tuple[LayerName, ...] = get_args(LayerName)

#: A job type names the first worker; those behind it follow, since they build on its result.
FIRST_WORKER: Mapping[JobType, Worker] = dict(zip(JOB_TYPES, WORKERS, strict=True))


def next_worker(worker: Worker) -> Worker | None:
    """Return the worker that takes over from `worker`, or None after the last one."""
    following = WORKERS[WORKERS.index(worker) + 1 :]
    return following[0] if following else None
