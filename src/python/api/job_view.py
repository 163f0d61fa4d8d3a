"""A job as clients see it: its row, and every attempt of every worker."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, Field

from api.examples import JOB_ID
from api.trace_link import trace_url
from store.model import Job, JobRun, JobStatus, RunStatus
from store.pipeline import JobType, LayerName

NO_SUCH_JOB = f"There is no job {JOB_ID}."
JobId = Annotated[UUID, Path(description="as POST named it", examples=[JOB_ID])]


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

    trace_url: str | None = Field(
        description="where the explorer tells the story of the job; null: there is none"
    )
    runs: list[JobRunView]


def summary_of(job: Job) -> dict[str, Any]:
    """Return what lists show of a job."""
    return {name: getattr(job, name) for name in JobSummary.model_fields}


def view_of(job: Job, runs: Sequence[JobRun]) -> JobView:
    """Return all that is shown of a job."""
    fields = JobRunView.model_fields
    shown = [JobRunView(**{name: getattr(run, name) for name in fields}) for run in runs]
    return JobView(**summary_of(job), trace_url=trace_url(job.job_id), runs=shown)
