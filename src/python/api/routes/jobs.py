"""`/jobs`: create, list, view, cancel and retry jobs."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response
from fastapi.openapi.models import Example
from pydantic import BaseModel, ConfigDict, Field, model_validator

from api import examples
from api.accept import AcceptedJob, accept_job
from api.described import answer, problems
from api.job_view import NO_SUCH_JOB, JobId, JobSummary, JobView, summary_of
from api.pages import Cursors, NextCursor, PageParameters, cursor_field
from api.repeats import IdempotencyKey
from api.services import ContextOf, ServicesOf
from api.steer import cancel_job, retry_job, viewed_job
from store import jobs
from store.model import JobStatus
from store.pipeline import LAYERS, JobType, LayerName

router = APIRouter(tags=["jobs"])

# The ids are ordered by time (UUID version 7).
_JOBS = Cursors(UUID)

NO_JSON = "There was an error parsing the body"
NEW_JOBS: dict[str, Example] = {
    "one layer": {
        "value": {
            "document_id": examples.DOCUMENT_ID,
            "job_type": "enrich",
            "layers": ["summary"],
        }
    },
    "from the transcript on": {
        "value": {"document_id": examples.DOCUMENT_ID, "job_type": "diarize"}
    },
}


class NewJob(BaseModel):
    """A job over a document that is there already."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"properties": {"job_type": {"const": "enrich"}}},
                {"properties": {"layers": {"type": "null"}}},
            ]
        }
    )

    document_id: UUID = Field(description="as POST /ingest named it")
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


class JobsParameters(PageParameters):
    """Which of the jobs."""

    status: JobStatus | None = Field(
        None, description="only those; failed: no attempt is left", examples=["failed"]
    )
    cursor: str | None = cursor_field(_JOBS.write(UUID(examples.JOB_ID)))


class JobList(BaseModel):
    """Some jobs, newest first."""

    jobs: list[JobSummary]
    next_cursor: NextCursor


@router.post(
    "/jobs",
    status_code=202,
    summary="Run a part of the pipeline again",
    responses={
        **answer(202, "The job is accepted.", {**examples.ACCEPTED, "job_type": "enrich"}),
        **problems({400: NO_JSON, 404: f"There is no document {examples.DOCUMENT_ID}."}),
    },
)
async def create(
    body: Annotated[NewJob, Body(openapi_examples=NEW_JOBS)],
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


@router.get(
    "/jobs",
    summary="Which jobs are there?",
    responses=answer(200, "Some jobs.", {"jobs": [examples.JOB], "next_cursor": None}),
)
async def list_all(services: ServicesOf, parameters: Annotated[JobsParameters, Query()]) -> JobList:
    """List jobs, newest first. Those that failed for good wait here for their retry."""
    asked = parameters.status or ""
    before = _JOBS.read(parameters.cursor, asked)
    async with services.database.connection() as connection:
        found = await jobs.list_jobs(
            connection,
            status=parameters.status,
            before=None if before is None else str(before),
            limit=parameters.limit + 1,
        )
    shown = found[: parameters.limit]
    more = len(found) > len(shown)
    return JobList(
        jobs=[JobSummary(**summary_of(job)) for job in shown],
        next_cursor=_JOBS.write(UUID(shown[-1].job_id), asked) if more else None,
    )


@router.get(
    "/jobs/{job_id}",
    summary="Where is my job?",
    responses={
        **answer(200, "The job.", examples.JOB_WITH_RUNS),
        **problems({404: NO_SUCH_JOB}),
    },
)
async def view(job_id: JobId, services: ServicesOf, ctx: ContextOf) -> JobView:
    """Return the job's status and every attempt of every worker at it."""
    return await viewed_job(services, ctx, str(job_id))


@router.post(
    "/jobs/{job_id}/cancel",
    summary="Stop a job",
    responses={
        **answer(200, "The job, which is cancelled.", examples.CANCELLED_JOB),
        **problems({404: NO_SUCH_JOB, 409: "The job has completed: there is nothing to cancel."}),
    },
)
async def cancel(job_id: JobId, services: ServicesOf, ctx: ContextOf) -> JobView:
    """Cancel a job at once, with every attempt at it; what was computed before stays.

    A job that is cancelled already stays so. One that has completed or failed is a conflict (409).
    """
    await cancel_job(services, ctx, str(job_id))
    return await viewed_job(services, ctx, str(job_id))


@router.post(
    "/jobs/{job_id}/retry",
    status_code=202,
    summary="Start a failed job again",
    responses={
        **answer(202, "The job is accepted again.", examples.ACCEPTED),
        **problems(
            {404: NO_SUCH_JOB, 409: "The job is completed: only a failed one can be retried."}
        ),
    },
)
async def retry(
    job_id: JobId,
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
