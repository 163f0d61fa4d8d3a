"""`POST /jobs` and `GET /jobs/{job_id}`."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

import observability as obs
from api.accept import AcceptedJob, accept_job
from api.services import ContextOf, ServicesOf
from observability import events
from store import jobs
from store.model import JobStatus
from store.pipeline import JobType

router = APIRouter(tags=["jobs"])


class NewJob(BaseModel):
    """A job over a document that is there already."""

    document_id: UUID = Field(description="the document, as POST /ingest named it")
    job_type: JobType = Field(description="the first worker to run; those behind it follow")


class JobRunView(BaseModel):
    """One attempt of one worker."""

    job_run_id: str
    worker: str
    attempt: int
    status: str
    error_type: str | None
    started_at: datetime
    ended_at: datetime | None


class JobView(BaseModel):
    """A job, and every attempt at it."""

    job_id: str
    request_id: str | None = Field(description="the request that created it")
    document_id: str
    job_type: JobType
    status: JobStatus
    error_type: str | None
    created_at: datetime
    ended_at: datetime | None
    runs: list[JobRunView]


@router.post("/jobs", status_code=202, summary="Run a part of the pipeline again")
async def create(
    body: NewJob, response: Response, services: ServicesOf, ctx: ContextOf
) -> AcceptedJob:
    """Accept a job over an existing document."""
    accepted = await accept_job(
        services, ctx, document_id=str(body.document_id), job_type=body.job_type
    )
    if accepted is None:
        raise HTTPException(404, f"There is no document {body.document_id}.")
    response.headers["Location"] = f"/jobs/{accepted.job_id}"
    return accepted


@router.get("/jobs/{job_id}", summary="Where is my job?")
async def view(job_id: UUID, services: ServicesOf, ctx: ContextOf) -> JobView:
    """Return the job's status and every attempt of every worker at it."""
    async with services.pool.connection() as connection:
        job = await jobs.find_job(connection, str(job_id))
        if job is None:
            raise HTTPException(404, f"There is no job {job_id}.")
        runs = await jobs.list_job_runs(connection, job.job_id)
    viewed = events.JobStatusViewed(job_type=job.job_type, status=job.status)
    obs.emit(viewed, ctx.with_job(job.job_id))
    return JobView(
        job_id=job.job_id,
        request_id=job.request_id,
        document_id=job.document_id,
        job_type=job.job_type,
        status=job.status,
        error_type=job.error_type,
        created_at=job.created_at,
        ended_at=job.ended_at,
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
