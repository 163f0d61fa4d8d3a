"""Jobs: what clients asked for."""

from collections.abc import Sequence

from psycopg import AsyncConnection
from psycopg.rows import class_row

from store.model import Job, JobEnd, JobRun, JobStatus
from store.pipeline import JobType, LayerName

_COLUMNS = (
    "job_id, request_id, document_id, job_type, layers, status, attempt, error_type, created_at,"
    " ended_at, entry_id"
)
_SELECT = f"SELECT {_COLUMNS} FROM jobs WHERE job_id = %s"  # noqa: S608  constants alone
_SELECT_SOME = f"SELECT {_COLUMNS} FROM jobs WHERE job_id = ANY(%s::uuid[])"  # noqa: S608
_LIST = f"""
    SELECT {_COLUMNS} FROM jobs
    WHERE (%(status)s::text IS NULL OR status = %(status)s)
      AND (%(before)s::uuid IS NULL OR job_id < %(before)s)
    ORDER BY job_id DESC LIMIT %(limit)s
"""  # noqa: S608  constants alone


async def create_job(
    connection: AsyncConnection,
    *,
    job_id: str,
    request_id: str | None,
    document_id: str,
    job_type: JobType,
    layers: list[LayerName] | None,
) -> None:
    """Add a job with the status `created`; without `layers` it is to compute every layer."""
    await connection.execute(
        "INSERT INTO jobs (job_id, request_id, document_id, job_type, layers, status)"
        " VALUES (%s, %s, %s, %s, %s, 'created')",
        [job_id, request_id, document_id, job_type, layers],
    )


async def list_jobs(
    connection: AsyncConnection, *, status: JobStatus | None, before: str | None, limit: int
) -> list[Job]:
    """Return the newest jobs first: those of one status, or all; those older than `before`."""
    async with connection.cursor(row_factory=class_row(Job)) as cursor:
        await cursor.execute(_LIST, {"status": status, "before": before, "limit": limit})
        return await cursor.fetchall()


async def lock_job(connection: AsyncConnection, job_id: str) -> Job | None:
    """Return the job and keep others from changing it until the transaction ends."""
    async with connection.cursor(row_factory=class_row(Job)) as cursor:
        await cursor.execute(_SELECT + " FOR UPDATE", [job_id])
        return await cursor.fetchone()


async def start_job(connection: AsyncConnection, job_id: str) -> None:
    """Move a job on from `created` to `started`."""
    await connection.execute("UPDATE jobs SET status = 'started' WHERE job_id = %s", [job_id])


async def start_job_again(connection: AsyncConnection, job_id: str) -> None:
    """Bring a job that has ended back to `created`, for its next attempt."""
    await connection.execute(
        "UPDATE jobs SET status = 'created', attempt = attempt + 1, error_type = NULL,"
        " ended_at = NULL, accepted_at = clock_timestamp() WHERE job_id = %s",
        [job_id],
    )


async def set_entry(connection: AsyncConnection, job_id: str, entry_id: int) -> None:
    """Note which entry of the queue holds the job's last message."""
    await connection.execute("UPDATE jobs SET entry_id = %s WHERE job_id = %s", [entry_id, job_id])


async def end_job(
    connection: AsyncConnection, job_id: str, status: JobEnd, *, error_type: str | None = None
) -> float:
    """End a job; `error_type` says why it failed.

    Returns its latency: milliseconds from acceptance, by the database's clock.
    """
    cursor = await connection.execute(
        """
        UPDATE jobs SET status = %(status)s, error_type = %(error_type)s,
                        ended_at = clock_timestamp()
        WHERE job_id = %(job_id)s
        RETURNING 1000 * extract(epoch FROM greatest(ended_at - accepted_at, interval '0'))::float8
        """,
        {"job_id": job_id, "status": status, "error_type": error_type},
    )
    [latency_ms] = await cursor.fetchone() or [0.0]
    return float(latency_ms)


async def jobs_with_runs(
    connection: AsyncConnection, job_ids: Sequence[str]
) -> list[tuple[Job, list[JobRun]]]:
    """Return those of the jobs that there are, each with its attempts as they started.

    The attempts are at least as new as their job: one that has ended has no open ones.
    """
    async with connection.cursor(row_factory=class_row(Job)) as cursor:
        await cursor.execute(_SELECT_SOME, [job_ids])
        found = await cursor.fetchall()
    async with connection.cursor(row_factory=class_row(JobRun)) as cursor:
        await cursor.execute(
            "SELECT job_id, job_run_id, worker, attempt, status, error_type, started_at, ended_at"
            " FROM job_runs WHERE job_id = ANY(%s::uuid[]) ORDER BY started_at, job_run_id",
            [job_ids],
        )
        runs: dict[str, list[JobRun]] = {job.job_id: [] for job in found}
        for run in await cursor.fetchall():
            runs[run.job_id].append(run)
    return [(job, runs[job.job_id]) for job in found]
