"""Lets clients see a job, cancel it, and start a failed one again."""

from dataclasses import replace

from starlette.exceptions import HTTPException

import observability as obs
from api.accept import AcceptedJob, accepted
from api.job_view import JobView, view_of
from api.repeats import Repeatable
from api.services import Services
from observability import events
from store import jobs
from store.cancellation import cancel
from store.job_runs import workers_done
from store.model import Job
from store.pipeline import FIRST_WORKER, Worker, next_worker
from store.queue import JobMessage, send
from store.transaction import Transaction


async def viewed_job(services: Services, ctx: obs.ObsContext, job_id: str) -> JobView:
    """Read a job, and tell that it was viewed.

    Raises HTTPException (404) when there is no such job.
    """
    async with services.database.connection() as connection:
        found = await jobs.jobs_with_runs(connection, [job_id])
    if not found:
        raise HTTPException(404, f"There is no job {job_id}.")
    [(job, runs)] = found
    viewed = events.JobStatusViewed(job_type=job.job_type, status=job.status)
    obs.emit(viewed, ctx.with_job(job_id))
    return view_of(job, runs)


async def cancel_job(services: Services, ctx: obs.ObsContext, job_id: str) -> None:
    """Cancel a job; one that is cancelled stays so.

    Raises HTTPException: 404 when there is no such job, 409 when it has ended otherwise.
    """
    async with services.database.transaction() as tx:
        job = await _locked(tx, job_id)
        if job.status == "cancelled":
            return
        if job.ended:
            raise HTTPException(409, f"The job has {job.status}: there is nothing to cancel.")
        await cancel(tx, job, _context_of(job, ctx), by_request_id=str(ctx.request_id))


async def retry_job(
    services: Services, ctx: obs.ObsContext, job_id: str, *, key: str | None
) -> AcceptedJob:
    """Start a failed job again, with the worker that it failed at.

    Raises HTTPException: 404 when there is no such job, 409 when it has not failed.
    """
    request = Repeatable(key, "POST /jobs/{job_id}/retry", job_id)
    async with services.database.transaction() as tx:
        earlier = await request.earlier(tx.connection)
        if earlier is not None:
            request.require_same(earlier)
            return accepted(earlier)
        job = await _locked(tx, job_id)
        if job.status != "failed":
            raise HTTPException(409, f"The job is {job.status}: only a failed one can be retried.")
        await request.keep(tx.connection, job_id)
        await _start_again(services, tx, job, ctx)
        return accepted(job)


async def _start_again(services: Services, tx: Transaction, job: Job, ctx: obs.ObsContext) -> None:
    job_ctx = _context_of(job, ctx)
    await jobs.start_job_again(tx.connection, job.job_id)
    message = JobMessage(carrier=obs.inject(job_ctx))
    await send(services.queue, tx.connection, await _left_off(tx, job), message)
    retried = events.JobRetried(
        job_type=job.job_type, attempt=job.attempt + 1, by_request_id=str(ctx.request_id)
    )
    tx.tell(retried, job_ctx)


async def _left_off(tx: Transaction, job: Job) -> Worker:
    """Return the first worker that has not done its part of a job."""
    done = await workers_done(tx.connection, job.job_id)
    worker = FIRST_WORKER[job.job_type]
    while worker in done and (following := next_worker(worker)) is not None:
        worker = following
    return worker


async def _locked(tx: Transaction, job_id: str) -> Job:
    job = await jobs.lock_job(tx.connection, job_id)
    if job is None:
        raise HTTPException(404, f"There is no job {job_id}.")
    return job


def _context_of(job: Job, ctx: obs.ObsContext) -> obs.ObsContext:
    """Return the job's context in the trace of a later request: a job belongs to its first one."""
    return replace(ctx, request_id=job.request_id, job_id=job.job_id)
