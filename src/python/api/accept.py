"""Accepts work: once the client has its answer, nothing of it can be lost."""

from collections.abc import AsyncIterable
from typing import Literal

from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

import observability as obs
from api.repeats import Repeatable
from api.services import Services
from observability import events
from store import documents, jobs
from store.idempotency import KeptRequest
from store.model import Job
from store.pipeline import FIRST_WORKER, JobType, LayerName
from store.queue import JobMessage, send
from store.transaction import Transaction


class AcceptedJob(BaseModel):
    """A job that will end as completed, failed or cancelled."""

    job_id: str = Field(description="ask GET /jobs/{job_id} where it is")
    document_id: str = Field(description="the document that it works on")
    job_type: JobType = Field(description="what it does")
    status: Literal["created"] = "created"


async def accept_media(
    services: Services,
    ctx: obs.ObsContext,
    *,
    title: str,
    chunks: AsyncIterable[bytes],
    key: str | None,
) -> AcceptedJob:
    """Keep a new document's media and create the job that ingests it, all in one transaction."""
    request = Repeatable(key, "POST /ingest", title)
    async with services.database.transaction() as tx:
        earlier = await request.earlier(tx.connection)
        if earlier is not None:
            async for _ in request.passing(chunks):
                pass
            request.require_same(earlier)
            return accepted(earlier)
        document_id = obs.new_uuid()
        await documents.create_document(tx.connection, document_id, title=title)
        content = request.passing(chunks)
        await documents.write_media(tx.connection, document_id, "original", content)
        return await _create(services, tx, ctx, document_id, "ingest", request)


async def accept_job(
    services: Services,
    ctx: obs.ObsContext,
    *,
    document_id: str,
    job_type: JobType,
    layers: list[LayerName] | None,
    key: str | None,
) -> AcceptedJob:
    """Create a job over a document. Raises HTTPException (404) when there is no such document."""
    request = Repeatable(key, "POST /jobs", document_id, job_type, *(layers or ()))
    async with services.database.transaction() as tx:
        earlier = await request.earlier(tx.connection)
        if earlier is not None:
            request.require_same(earlier)
            return accepted(earlier)
        if not await documents.document_exists(tx.connection, document_id):
            raise HTTPException(404, f"There is no document {document_id}.")
        return await _create(services, tx, ctx, document_id, job_type, request, layers)


def accepted(job: Job | KeptRequest) -> AcceptedJob:
    """Return what a client is told once its job is accepted."""
    return AcceptedJob(job_id=job.job_id, document_id=job.document_id, job_type=job.job_type)


async def _create(
    services: Services,
    tx: Transaction,
    ctx: obs.ObsContext,
    document_id: str,
    job_type: JobType,
    request: Repeatable,
    layers: list[LayerName] | None = None,
) -> AcceptedJob:
    job_ctx = ctx.with_job(obs.new_uuid())
    job_id = str(job_ctx.job_id)
    await jobs.create_job(
        tx.connection,
        job_id=job_id,
        request_id=ctx.request_id,
        document_id=document_id,
        job_type=job_type,
        layers=layers,
    )
    await request.keep(tx.connection, job_id)
    message = JobMessage(carrier=obs.inject(job_ctx))
    await send(services.queue, tx.connection, FIRST_WORKER[job_type], message)
    tx.tell(events.JobCreated(job_type=job_type), job_ctx)
    return AcceptedJob(job_id=job_id, document_id=document_id, job_type=job_type)
