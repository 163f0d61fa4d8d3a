"""Ends a job that its client does not want any more, with all that is open at it."""

import time

import observability as obs
from observability import events
from store import job_runs, jobs
from store.entries import withdraw
from store.job_runs import OpenRun
from store.model import Job
from store.transaction import Transaction


async def cancel(tx: Transaction, job: Job, ctx: obs.ObsContext, *, by_request_id: str) -> None:
    """Cancel a job that the transaction has locked; `ctx` is the job's, in the asker's trace.

    A worker that is at it is asked to stop. Whether it does or not, its result is refused, since
    its run has ended.
    """
    for run in await job_runs.open_runs(tx.connection, job.job_id):
        await _cancel_run(tx, job, run)
    latency_ms = await jobs.end_job(tx.connection, job.job_id, "cancelled")
    if job.entry_id is not None:
        await withdraw(tx.connection, job.entry_id)
    cancelled = events.JobCancelled(
        job_type=job.job_type,
        attempt=job.attempt,
        latency_ms=latency_ms,
        by_request_id=by_request_id,
    )
    tx.tell(cancelled, ctx)


def told_run(job: Job, run: OpenRun) -> obs.JobRun:
    """Return what the events of a run say that somebody else began."""
    return obs.JobRun(
        ctx=obs.extract(run.carrier),
        job_type=job.job_type,
        worker=run.worker,
        attempt=run.attempt,
        began_s=time.monotonic() - run.elapsed_ms / 1000,
    )


async def _cancel_run(tx: Transaction, job: Job, run: OpenRun) -> None:
    for step in await job_runs.take_open_steps(tx.connection, run.job_run_id):
        payload = {**step.payload, "status": "cancelled", "latency_ms": step.elapsed_ms}
        tx.tell_named(step.cancelled_event_name, payload, obs.extract(step.carrier))
    await job_runs.end_run(tx.connection, run.job_run_id, "cancelled")
    told = told_run(job, run)
    tx.tell(told.cancelled(), told.ctx)
