"""Begins and ends job runs: each state change commits together with the event that tells it.

Whoever changes a job or its runs locks the job first, so that changes come one after the other.
"""

import observability as obs
from observability import events
from store import job_runs, jobs
from store.cancellation import told_run
from store.database import Database
from store.entries import drop, owned, queue_again, receiver
from store.job_runs import LostRun, OpenRun
from store.model import Job
from store.pipeline import Worker, next_worker
from store.queue import InvalidMessage, JobMessage, Queue, QueueEntry, named_job, send
from store.transaction import Transaction
from workers.runtime.active_run import ActiveRun, Effect
from workers.runtime.failure import (
    MOST_OF_TRANSIENT,
    WORKER_LOST,
    WORKER_STOPPED,
    Failure,
    failure_of,
)

# A lost worker may be the machine's fault as well as the job's.
LOST = Failure(error=obs.ToldError(error_type=WORKER_LOST), most=MOST_OF_TRANSIENT)


async def begin(
    database: Database, worker: Worker, entry: QueueEntry, ctx: obs.ObsContext
) -> ActiveRun | None:
    """Start the worker's next attempt at the job that the message of `entry` names.

    An attempt that was left open is closed as lost first. Returns None when there is nothing to
    do: the job has ended, its message came twice and this part of it is done, a later message
    has taken its place, or the entry has gone to another worker meanwhile.
    """
    async with database.transaction() as tx:
        job = await jobs.lock_job(tx.connection, str(ctx.job_id))
        if job is None or _superseded(job, entry) or not await owned(tx.connection, entry):
            return None
        if await _close_lost(tx, job, worker) or await _done(tx, job, worker):
            return None
        return await _start(tx, database, job, worker, ctx)


async def complete(run: ActiveRun, effect: Effect, queue: Queue) -> None:
    """End a run as completed, apply its effect, and hand the job on or complete it.

    Raises LostRun, and changes nothing, when somebody else has closed the run.
    """
    following = next_worker(run.told.worker)
    async with run.database.transaction() as tx:
        await jobs.lock_job(tx.connection, run.job.job_id)
        await job_runs.end_run(tx.connection, run.job_run_id, "completed")
        await effect(tx.connection)
        obs.end_job_run_success(run.told, tell=tx.tell)
        if following is None:
            await _complete_job(tx, run)
        else:
            await send(
                queue, tx.connection, following, JobMessage(carrier=obs.inject(run.told.ctx))
            )


async def fail(run: ActiveRun, failure: Failure) -> bool:
    """End a run as failed; return whether another attempt is to follow.

    When none is, the job fails with it. Raises LostRun when somebody else has closed the run.
    """
    async with run.database.transaction() as tx:
        job = await jobs.lock_job(tx.connection, run.job.job_id)
        if job is None:
            raise LostRun
        for open_run in await job_runs.open_runs(tx.connection, job.job_id):
            if open_run.job_run_id == run.job_run_id:
                return await _fail(tx, job, open_run, failure)
        raise LostRun


async def take_back(database: Database, entry: QueueEntry) -> None:
    """End the run that a lost worker left open at its entry, and queue the entry again."""
    job_id, worker = named_job(entry), receiver(entry)
    async with database.transaction() as tx:
        job = await jobs.lock_job(tx.connection, job_id) if job_id else None
        if not await owned(tx.connection, entry):
            return
        if job is not None and (job.ended or _superseded(job, entry)):
            await drop(tx.connection, entry)
            return
        if job is not None and worker is not None:
            await _close_lost(tx, job, worker)
        await queue_again(tx.connection, entry)


async def reject(database: Database, entry: QueueEntry, error: InvalidMessage) -> bool:
    """Fail the job that an unreadable message names, with what is open at it.

    Returns whether there is such a job.
    """
    job_id = named_job(entry)
    async with database.transaction() as tx:
        job = await jobs.lock_job(tx.connection, job_id) if job_id else None
        if job is not None and not job.ended:
            failure = failure_of(error)
            for run in await job_runs.open_runs(tx.connection, job.job_id):
                await _end_failed(tx, job, run, failure, will_retry=False)
            await _fail_job(tx, job, failure)
        return job is not None


async def attempts_left(tx: Transaction, job: Job, worker: Worker, failure: Failure) -> bool:
    """Tell whether the worker may try again at the job once its run has failed."""
    if failure.most is None:
        return True
    before = await job_runs.failed_attempts(
        tx.connection, job.job_id, worker, job.attempt, apart_from=WORKER_STOPPED
    )
    return before + 1 < failure.most


def _superseded(job: Job, entry: QueueEntry) -> bool:
    """Tell whether the job has gone on, or was started again, with another message."""
    return job.entry_id is not None and job.entry_id != entry.id


async def _start(
    tx: Transaction, database: Database, job: Job, worker: Worker, ctx: obs.ObsContext
) -> ActiveRun:
    told = obs.JobRun(
        ctx=ctx.with_job_run(obs.new_uuid()),
        job_type=job.job_type,
        worker=worker,
        attempt=await job_runs.next_attempt(tx.connection, job.job_id, worker),
    )
    run = ActiveRun(database=database, job=job, job_run_id=str(told.ctx.job_run_id), told=told)
    if job.status == "created":
        await jobs.start_job(tx.connection, job.job_id)
        tx.tell(events.JobStarted(job_type=job.job_type, attempt=job.attempt), told.ctx.for_job())
    await job_runs.start_run(
        tx.connection,
        job_run_id=run.job_run_id,
        job_id=job.job_id,
        worker=worker,
        attempt=told.attempt,
        job_attempt=job.attempt,
        carrier=obs.inject(told.ctx),
    )
    tx.tell(told.started(), told.ctx)
    return run


async def _done(tx: Transaction, job: Job, worker: Worker) -> bool:
    return job.ended or await job_runs.run_completed(tx.connection, job.job_id, worker)


async def _complete_job(tx: Transaction, run: ActiveRun) -> None:
    latency_ms = await jobs.end_job(tx.connection, run.job.job_id, "completed")
    completed = events.JobCompleted(
        job_type=run.job.job_type, attempt=run.job.attempt, latency_ms=latency_ms
    )
    tx.tell(completed, run.told.ctx.for_job())


async def _close_lost(tx: Transaction, job: Job, worker: Worker) -> bool:
    """Close the worker's run that is open, if any; return whether the job failed with it."""
    for run in await job_runs.open_runs(tx.connection, job.job_id):
        if run.worker == worker:
            return not await _fail(tx, job, run, LOST)
    return False


async def _fail(tx: Transaction, job: Job, run: OpenRun, failure: Failure) -> bool:
    will_retry = await attempts_left(tx, job, run.worker, failure)
    await _end_failed(tx, job, run, failure, will_retry=will_retry)
    if not will_retry:
        await _fail_job(tx, job, failure, obs.extract(run.carrier))
    return will_retry


async def _end_failed(
    tx: Transaction, job: Job, run: OpenRun, failure: Failure, *, will_retry: bool
) -> None:
    error = failure.error
    for step in await job_runs.take_open_steps(tx.connection, run.job_run_id):
        ended = {"status": "failed", "latency_ms": step.elapsed_ms, "error_type": error.error_type}
        payload = {**step.payload, **ended}
        tx.tell_named(step.failed_event_name, payload, obs.extract(step.carrier))
    await job_runs.end_run(tx.connection, run.job_run_id, "failed", error_type=error.error_type)
    obs.end_job_run_failure(told_run(job, run), error, will_retry=will_retry, tell=tx.tell)


async def _fail_job(
    tx: Transaction, job: Job, failure: Failure, ctx: obs.ObsContext | None = None
) -> None:
    latency_ms = await jobs.end_job(
        tx.connection, job.job_id, "failed", error_type=failure.error.error_type
    )
    failed = events.JobFailed(
        job_type=job.job_type,
        attempt=job.attempt,
        latency_ms=latency_ms,
        error_type=failure.error.error_type,
        error_message=failure.error.error_message,
    )
    tx.tell(failed, ctx.for_job() if ctx else _context_of(job))


def _context_of(job: Job) -> obs.ObsContext:
    """Return the context of a job of which no message brings one: it is in no trace."""
    return obs.ObsContext(
        actor=obs.current_context().actor, request_id=job.request_id, job_id=job.job_id
    )
