"""Begins and ends job runs: each state change commits together with the event that tells it."""

from psycopg_pool import AsyncConnectionPool

import observability as obs
from observability import events
from store import job_runs, jobs
from store.job_runs import OpenRun
from store.model import Job
from store.pipeline import Worker, next_worker
from store.queue import JobMessage, Queue, send
from store.transaction import Transaction, transaction
from workers.runtime.active_run import ActiveRun, Effect
from workers.runtime.failure import WORKER_LOST, Failure

MAX_ATTEMPTS = 5

LOST = Failure(error_type=WORKER_LOST, error_message=None, retryable=True)


async def begin(pool: AsyncConnectionPool, worker: Worker, ctx: obs.ObsContext) -> ActiveRun | None:
    """Start the worker's next attempt at the job of the sender's context.

    An attempt that was left open is closed as lost first. Returns None when there is nothing to
    do: the job has ended, or its message came twice and this part of it is done.
    """
    async with transaction(pool) as tx:
        job = await jobs.lock_job(tx.connection, str(ctx.job_id))
        if job is None or await _close_lost(tx, job, worker) or await _done(tx, job, worker):
            return None
        return await _start(tx, pool, job, worker, ctx)


async def complete(run: ActiveRun, effect: Effect, queue: Queue) -> None:
    """End a run as completed, apply its effect, and hand the job on or complete it.

    Raises LostRun, and changes nothing, when somebody else has closed the run.
    """
    following = next_worker(run.worker)
    async with transaction(run.pool) as tx:
        await job_runs.end_run(tx.connection, run.job_run_id, error_type=None)
        await effect(tx.connection)
        tx.tell(
            events.JobRunCompleted(
                job_type=run.job.job_type,
                worker=run.worker,
                attempt=run.attempt,
                latency_ms=run.elapsed_ms(),
            ),
            run.ctx,
        )
        if following is None:
            await _complete_job(tx, run)
        else:
            await send(queue, tx.connection, following, JobMessage(carrier=obs.inject(run.ctx)))


async def fail(run: ActiveRun, failure: Failure) -> bool:
    """End a run as failed; return whether another attempt is to follow.

    When none is, the job fails with it. Raises LostRun when somebody else has closed the run.
    """
    async with transaction(run.pool) as tx:
        return await _fail(
            tx,
            run.ctx,
            run.job,
            worker=run.worker,
            job_run_id=run.job_run_id,
            attempt=run.attempt,
            latency_ms=run.elapsed_ms(),
            failure=failure,
        )


async def close_lost(pool: AsyncConnectionPool, worker: Worker, job_id: str) -> None:
    """End the run that a lost worker left open at a job, if there is one."""
    async with transaction(pool) as tx:
        job = await jobs.lock_job(tx.connection, job_id)
        if job is not None:
            await _close_lost(tx, job, worker)


async def _start(
    tx: Transaction, pool: AsyncConnectionPool, job: Job, worker: Worker, ctx: obs.ObsContext
) -> ActiveRun:
    job_run_id = obs.new_uuid()
    run = ActiveRun(
        pool=pool,
        ctx=ctx.with_job_run(job_run_id),
        job=job,
        job_run_id=job_run_id,
        worker=worker,
        attempt=await job_runs.next_attempt(tx.connection, job.job_id, worker),
    )
    if job.status == "created":
        await jobs.start_job(tx.connection, job.job_id)
        tx.tell(events.JobStarted(job_type=job.job_type, attempt=job.attempt), run.ctx.for_job())
    await job_runs.start_run(
        tx.connection,
        job_run_id=job_run_id,
        job_id=job.job_id,
        worker=worker,
        attempt=run.attempt,
        carrier=obs.inject(run.ctx),
    )
    started = events.JobRunStarted(job_type=job.job_type, worker=worker, attempt=run.attempt)
    tx.tell(started, run.ctx)
    return run


async def _done(tx: Transaction, job: Job, worker: Worker) -> bool:
    ended = job.status in ("completed", "failed")
    return ended or await job_runs.run_completed(tx.connection, job.job_id, worker)


async def _complete_job(tx: Transaction, run: ActiveRun) -> None:
    latency_ms = await jobs.end_job(tx.connection, run.job.job_id, error_type=None)
    completed = events.JobCompleted(
        job_type=run.job.job_type, attempt=run.job.attempt, latency_ms=latency_ms
    )
    tx.tell(completed, run.ctx.for_job())


async def _close_lost(tx: Transaction, job: Job, worker: Worker) -> bool:
    """Close the run that is open, if any; return whether the job failed with it."""
    lost = await job_runs.open_run(tx.connection, job.job_id, worker)
    if lost is None:
        return False
    ctx = obs.extract(lost.carrier)
    await _close_steps(tx, ctx, lost)
    will_retry = await _fail(
        tx,
        ctx,
        job,
        worker=worker,
        job_run_id=lost.job_run_id,
        attempt=lost.attempt,
        latency_ms=lost.elapsed_ms,
        failure=LOST,
    )
    return not will_retry


async def _close_steps(tx: Transaction, ctx: obs.ObsContext, lost: OpenRun) -> None:
    for step in await job_runs.take_open_steps(tx.connection, lost.job_run_id):
        ended = {"status": "failed", "latency_ms": step.elapsed_ms, "error_type": WORKER_LOST}
        tx.tell_named(step.failed_event_name, {**step.payload, **ended}, ctx)


async def _fail(
    tx: Transaction,
    ctx: obs.ObsContext,
    job: Job,
    *,
    worker: Worker,
    job_run_id: str,
    attempt: int,
    latency_ms: float,
    failure: Failure,
) -> bool:
    will_retry = failure.retryable and attempt < MAX_ATTEMPTS
    await job_runs.end_run(tx.connection, job_run_id, error_type=failure.error_type)
    tx.tell(
        events.JobRunFailed(
            job_type=job.job_type,
            worker=worker,
            attempt=attempt,
            latency_ms=latency_ms,
            error_type=failure.error_type,
            error_message=failure.error_message,
            will_retry=will_retry,
        ),
        ctx,
    )
    if not will_retry:
        await _fail_job(tx, ctx, job, failure)
    return will_retry


async def _fail_job(tx: Transaction, ctx: obs.ObsContext, job: Job, failure: Failure) -> None:
    latency_ms = await jobs.end_job(tx.connection, job.job_id, error_type=failure.error_type)
    failed = events.JobFailed(
        job_type=job.job_type,
        attempt=job.attempt,
        latency_ms=latency_ms,
        error_type=failure.error_type,
        error_message=failure.error_message,
    )
    tx.tell(failed, ctx.for_job())
