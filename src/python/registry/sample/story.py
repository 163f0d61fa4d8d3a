"""Tells the story of a job, by the lifecycle rules of the events."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from registry.sample.scene import Ids, Scene

MOST_ATTEMPTS = 3
LAYERS = ("entities", "keywords", "sentiment")
INDEX = "passages"

API = "api"
WORKER_LOST = "worker_lost"


class Turn(StrEnum):
    """What happens in a job, beside what always does."""

    SMOOTH = "smooth"
    RETRIED = "an attempt fails and the next one succeeds"
    LOST = "a worker is lost, with what it was at"
    DEGRADED = "a layer fails and the job run completes all the same"
    INDEX_FAILED = "an index sync fails and the next attempt succeeds"
    GIVEN_UP = "every attempt fails, and so does the job"
    STARTED_AGAIN = "a job fails, and completes once its client has started it again"
    CANCELLED = "a client cancels a job, and so what is open at it"
    TOLD_TWICE = "lines are delivered twice"
    UNHEALTHY_SERVICE = "a request fails, a line breaks its contract, lines are lost"


TURNS = tuple(Turn)


def tell_job(scene: Scene, turn: Turn, pipeline: Sequence[tuple[str, str]]) -> None:
    """Tell a job from its request to its end; `pipeline` are job types and the worker of each."""
    first = scene.random.randrange(len(pipeline)) if turn is Turn.SMOOTH else 0
    job_type, workers = pipeline[first][0], [worker for _, worker in pipeline[first:]]
    ids = scene.new_request()
    ids = scene.new_span(ids, job_id=scene.new_uuid())
    scene.tell("job.created", API, ids, job_type=job_type)
    _view(scene, ids, job_type, "created")
    if turn is Turn.CANCELLED:
        _tell_cancelled(scene, ids, job_type)
    elif turn is Turn.STARTED_AGAIN:
        _tell_attempt(scene, Turn.GIVEN_UP, ids, job_type, workers[:1], 1)
        scene.wait(1, 60)
        again = {"attempt": 2, "by_request_id": scene.new_uuid()}
        scene.tell("job.retried", API, ids, job_type=job_type, **again)
        _tell_attempt(scene, Turn.SMOOTH, ids, job_type, workers, 2)
    else:
        _tell_attempt(scene, turn, ids, job_type, workers, 1)
    _tell_searches(scene, turn)


def _tell_attempt(
    scene: Scene, turn: Turn, ids: Ids, job_type: str, workers: Sequence[str], job_attempt: int
) -> None:
    """Tell a job from its acceptance, or from its retry, to its end."""
    accepted_at = scene.at
    scene.wait(0.01, 0.5)
    about = {"job_type": job_type, "attempt": job_attempt}
    scene.tell("job.started", f"worker-{workers[0]}", ids, **about)
    if turn is Turn.TOLD_TWICE:
        scene.again()
    troubled = _troubled_worker(scene, turn, workers)
    # Those of a worker count on when its job is started again.
    before = MOST_ATTEMPTS if job_attempt > 1 else 0
    fault, worker = False, workers[0]
    for worker in workers:
        own = turn if worker == troubled else Turn.SMOOTH
        fault = _tell_worker(scene, own, ids, job_type, worker, before)
        if fault:
            break
        before = 0
        scene.wait(0.01, 0.2)
    ended = "failed" if fault else "completed"
    about |= {"latency_ms": scene.since_ms(accepted_at), "error_type": "OperationalError"}
    scene.tell(f"job.{ended}", f"worker-{worker}", ids, **about)
    _view(scene, ids, job_type, ended)


def _tell_cancelled(scene: Scene, ids: Ids, job_type: str) -> None:
    """Tell a job that is cancelled while a worker is at a layer, or at an index sync."""
    created_at = scene.at
    scene.wait(0.01, 0.5)
    worker = scene.random.choice(("enrich", "indexer"))
    service, job = f"worker-{worker}", {"job_type": job_type, "attempt": 1}
    scene.tell("job.started", service, ids, **job)
    run = scene.new_span(ids, job_run_id=scene.new_uuid())
    scene.tell("job_run.started", service, run, worker=worker, **job)
    began_at = scene.at
    about: dict[str, object] = {"index": INDEX, "documents_count": 1, "attempt": 1}
    step = "index.sync"
    if worker == "enrich":
        about, step = {"layer_name": LAYERS[0], "layer_version": "1.0.0", "attempt": 1}, "layer"
        about |= {"model_provider": "sample", "model_id": f"{LAYERS[0]}-1"}
    scene.tell(f"{step}.started", service, run, **about)
    scene.wait(0.1, 2)
    open_ms = scene.since_ms(began_at)
    scene.tell(f"{step}.cancelled", API, run, **about, latency_ms=open_ms)
    scene.tell("job_run.cancelled", API, run, worker=worker, **job, latency_ms=open_ms)
    ended = {"latency_ms": scene.since_ms(created_at), "by_request_id": scene.new_uuid()}
    scene.tell("job.cancelled", API, ids, **job, **ended)
    _view(scene, ids, job_type, "cancelled")


def _troubled_worker(scene: Scene, turn: Turn, workers: Sequence[str]) -> str:
    where = {Turn.DEGRADED: "enrich", Turn.INDEX_FAILED: "indexer"}
    return where.get(turn) or scene.random.choice(workers)


def _tell_worker(
    scene: Scene, turn: Turn, ids: Ids, job_type: str, worker: str, before: int
) -> bool:
    """Tell a worker's attempts, behind those `before`; return whether they all failed."""
    for number in range(1, MOST_ATTEMPTS + 1):
        fails = turn is Turn.GIVEN_UP or (
            number == 1 and turn in (Turn.RETRIED, Turn.LOST, Turn.INDEX_FAILED)
        )
        will_retry = fails and number < MOST_ATTEMPTS
        _tell_run(scene, turn, ids, job_type, worker, before + number, fails, will_retry)
        if not fails:
            return False
        scene.wait(0.5, 4)
    return True


def _tell_run(
    scene: Scene,
    turn: Turn,
    ids: Ids,
    job_type: str,
    worker: str,
    attempt: int,
    fails: bool,
    will_retry: bool,
) -> None:
    service = f"worker-{worker}"
    run = scene.new_span(ids, job_run_id=scene.new_uuid())
    about = {"job_type": job_type, "worker": worker, "attempt": attempt}
    started_at = scene.at
    scene.tell("job_run.started", service, run, **about)
    scene.wait(0.1, 2)
    error = WORKER_LOST if turn is Turn.LOST and fails else "OperationalError"
    if worker == "enrich":
        _tell_layers(scene, turn, run, attempt, error if fails else None)
    if worker == "indexer":
        _tell_sync(scene, run, attempt, error if fails else None)
    if not fails:
        scene.tell(
            "job_run.completed", service, run, **about, latency_ms=scene.since_ms(started_at)
        )
    else:
        if error == WORKER_LOST:
            scene.wait(5, 30)
        scene.tell(
            "job_run.failed",
            service,
            run,
            **about,
            latency_ms=scene.since_ms(started_at),
            error_type=error,
            will_retry=will_retry,
        )
    if turn is Turn.TOLD_TWICE:
        scene.again()


def _tell_layers(scene: Scene, turn: Turn, run: Ids, attempt: int, error: str | None) -> None:
    """Tell the layers of a job run; the run's own error ends it in the middle of the first."""
    for number, name in enumerate(LAYERS[:1] if error else LAYERS):
        fault = error or ("LayerError" if turn is Turn.DEGRADED and number == 1 else None)
        about = {"layer_name": name, "layer_version": "1.0.0", "attempt": attempt}
        about |= {"model_provider": "sample", "model_id": f"{name}-1"}
        started_at = scene.at
        scene.tell("layer.started", "worker-enrich", run, **about)
        scene.wait(0.01, 0.5)
        _tell_end(scene, "layer", "worker-enrich", run, about, started_at, fault)


def _tell_sync(scene: Scene, run: Ids, attempt: int, error: str | None) -> None:
    about = {"index": INDEX, "documents_count": 1, "attempt": attempt}
    started_at = scene.at
    scene.tell("index.sync.started", "worker-indexer", run, **about)
    scene.wait(0.01, 0.2)
    _tell_end(scene, "index.sync", "worker-indexer", run, about, started_at, error)


def _tell_end(
    scene: Scene,
    step: str,
    service: str,
    run: Ids,
    about: dict[str, object],
    started_at: datetime,
    error: str | None,
) -> None:
    latency_ms = scene.since_ms(started_at)
    if error is None:
        scene.tell(f"{step}.completed", service, run, **about, latency_ms=latency_ms)
    else:
        scene.tell(f"{step}.failed", service, run, **about, latency_ms=latency_ms, error_type=error)


def _view(scene: Scene, ids: Ids, job_type: str, status: str) -> None:
    """Tell a look at the job's status, which is a request of its own."""
    looking = scene.new_span(scene.new_request(), job_id=str(ids.job_id))
    scene.tell("job.status_viewed", API, looking, job_type=job_type, status=status)


def _tell_searches(scene: Scene, turn: Turn) -> None:
    scene.tell("search.executed", API, scene.new_request())
    if turn is Turn.UNHEALTHY_SERVICE:
        scene.tell("search.failed", API, scene.new_request())
        scene.tell("request.failed", API, scene.new_request())
        scene.tell("contract.violated", API, scene.new_request())
        scene.tell("events.dropped", API, Ids())
        scene.tell("library.logged", API, Ids())
