"""Accepts work: once the client has its answer, nothing of it can be lost."""

from collections.abc import AsyncIterable
from typing import Literal

from pydantic import BaseModel, Field

import observability as obs
from api.services import Services
from observability import events
from store import documents, jobs
from store.pipeline import FIRST_WORKER, JobType
from store.queue import JobMessage, send
from store.transaction import Transaction, transaction


class AcceptedJob(BaseModel):
    """A job that will end as completed or failed."""

    job_id: str = Field(description="ask GET /jobs/{job_id} where it is")
    document_id: str = Field(description="the document that it works on")
    job_type: JobType = Field(description="what it does")
    status: Literal["created"] = "created"


async def accept_media(
    services: Services, ctx: obs.ObsContext, *, title: str, chunks: AsyncIterable[bytes]
) -> AcceptedJob:
    """Keep a new document's media and create the job that ingests it, all in one transaction."""
    document_id = obs.new_uuid()
    async with transaction(services.pool) as tx:
        await documents.create_document(tx.connection, document_id, title=title)
        await documents.write_media(tx.connection, document_id, "original", chunks)
        return await _create(services, tx, ctx, document_id, "ingest")


async def accept_job(
    services: Services, ctx: obs.ObsContext, *, document_id: str, job_type: JobType
) -> AcceptedJob | None:
    """Create a job over a document, or return None when there is no such document."""
    async with transaction(services.pool) as tx:
        if not await documents.document_exists(tx.connection, document_id):
            return None
        return await _create(services, tx, ctx, document_id, job_type)


async def _create(
    services: Services, tx: Transaction, ctx: obs.ObsContext, document_id: str, job_type: JobType
) -> AcceptedJob:
    job_ctx = ctx.with_job(obs.new_uuid())
    job_id = str(job_ctx.job_id)
    await jobs.create_job(
        tx.connection,
        job_id=job_id,
        request_id=ctx.request_id,
        document_id=document_id,
        job_type=job_type,
    )
    message = JobMessage(carrier=obs.inject(job_ctx))
    await send(services.queue, tx.connection, FIRST_WORKER[job_type], message)
    tx.tell(events.JobCreated(job_type=job_type), job_ctx)
    return AcceptedJob(job_id=job_id, document_id=document_id, job_type=job_type)
