"""`/jobs`: create, list, view, cancel and retry jobs."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field, model_validator
from starlette.exceptions import HTTPException

import observability as obs
from api.accept import AcceptedJob, accept_job
from api.repeats import IdempotencyKey
from api.services import ContextOf, Services, ServicesOf
from api.steer import cancel_job, retry_job
from observability import events
from store import jobs
from store.model import Job, JobStatus, RunStatus
from store.pipeline import LAYERS, JobType, LayerName

router = APIRouter(tags=["jobs"])


class NewJob(BaseModel):
    """A job over a document that is there already."""

    document_id: UUID = Field(description="the document, as POST /ingest named it")
    job_type: JobType = Field(description="the first worker to run; those behind it follow")
    layers: Annotated[list[LayerName], Field(min_length=1, max_length=len(LAYERS))] | None = Field(
        default=None,
        description="for enrich: compute these layers alone; every other one stays as it is",
        examples=[["summary"]],
    )

    @model_validator(mode="after")
    def _layers_are_for_enrich(self) -> Self:
        if self.layers is not None and self.job_type != "enrich":
            raise ValueError("layers can be chosen for the job type enrich alone")
        return self


class JobRunView(BaseModel):
    """One attempt of one worker."""

    job_run_id: str
    worker: str
    attempt: int
    status: RunStatus
    error_type: str | None
    started_at: datetime
    ended_at: datetime | None


class JobSummary(BaseModel):
    """A job, as lists show it."""

    job_id: str
    request_id: str | None = Field(description="the request that created it")
    document_id: str
    job_type: JobType
    layers: list[LayerName] | None = Field(description="the only ones it computes; null: all")
    status: JobStatus
    attempt: int = Field(description="how often it was started: 1, and 1 more for each retry")
    error_type: str | None = Field(description="why it failed")
    created_at: datetime
    ended_at: datetime | None


class JobView(JobSummary):
    """A job, and every attempt at it."""

    runs: list[JobRunView]


class JobList(BaseModel):
    """Some jobs, newest first."""

    jobs: list[JobSummary]
    next_before: str | None = Field(description="give it as before to see older ones; null: none")


@router.post("/jobs", status_code=202, summary="Run a part of the pipeline again")
async def create(
    body: NewJob,
    response: Response,
    services: ServicesOf,
    ctx: ContextOf,
    idempotency_key: IdempotencyKey = None,
) -> AcceptedJob:
    """Accept a job over an existing document."""
    accepted = await accept_job(
        services,
        ctx,
        document_id=str(body.document_id),
        job_type=body.job_type,
        layers=None if body.layers is None else sorted(set(body.layers)),
        key=idempotency_key,
    )
    response.headers["Location"] = f"/jobs/{accepted.job_id}"
    return accepted


@router.get("/jobs", summary="Which jobs are there?")
async def list_all(
    services: ServicesOf,
    status: Annotated[
        JobStatus | None, Query(description="only those; failed: no attempt is left")
    ] = None,
    before: Annotated[UUID | None, Query(description="only jobs older than this one")] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="how many at most")] = 20,
) -> JobList:
    """List jobs, newest first. Those that failed for good wait here for their retry."""
    async with services.pool.connection() as connection:
        found = await jobs.list_jobs(
            connection,
            status=status,
            before=None if before is None else str(before),
            limit=limit + 1,
        )
    shown = found[:limit]
    return JobList(
        jobs=[JobSummary(**_summary(job)) for job in shown],
        next_before=shown[-1].job_id if len(found) > limit else None,
    )


@router.get("/jobs/{job_id}", summary="Where is my job?")
async def view(job_id: UUID, services: ServicesOf, ctx: ContextOf) -> JobView:
    """Return the job's status and every attempt of every worker at it."""
    return await _view(services, ctx, str(job_id))


@router.post("/jobs/{job_id}/cancel", summary="Stop a job")
async def cancel(job_id: UUID, services: ServicesOf, ctx: ContextOf) -> JobView:
    """Cancel a job at once, with every attempt at it; what was computed before stays.

    A job that is cancelled already stays so. One that has completed or failed is a conflict (409).
    """
    await cancel_job(services, ctx, str(job_id))
    return await _view(services, ctx, str(job_id))


@router.post("/jobs/{job_id}/retry", status_code=202, summary="Start a failed job again")
async def retry(
    job_id: UUID,
    response: Response,
    services: ServicesOf,
    ctx: ContextOf,
    idempotency_key: IdempotencyKey = None,
) -> AcceptedJob:
    """Start a failed job again, under the same id, with the worker that it failed at.

    A job that has not failed is a conflict (409).
    """
    accepted = await retry_job(services, ctx, str(job_id), key=idempotency_key)
    response.headers["Location"] = f"/jobs/{accepted.job_id}"
    return accepted


async def _view(services: Services, ctx: obs.ObsContext, job_id: str) -> JobView:
    async with services.pool.connection() as connection:
        job = await jobs.find_job(connection, job_id)
        if job is None:
            raise HTTPException(404, f"There is no job {job_id}.")
        runs = await jobs.list_job_runs(connection, job_id)
    viewed = events.JobStatusViewed(job_type=job.job_type, status=job.status)
    obs.emit(viewed, ctx.with_job(job_id))
    return JobView(
        **_summary(job),
        runs=[
            JobRunView(
                job_run_id=run.job_run_id,
                worker=run.worker,
                attempt=run.attempt,
                status=run.status,
                error_type=run.error_type,
                started_at=run.started_at,
                ended_at=run.ended_at,
            )
            for run in runs
        ],
    )


def _summary(job: Job) -> dict[str, Any]:
    return {name: getattr(job, name) for name in JobSummary.model_fields}
