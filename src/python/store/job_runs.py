"""Job runs: the attempts of the workers, and the steps that they have open."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from store.model import JobEnd
from store.pipeline import Worker


class LostRun(Exception):
    """The job run was closed by somebody else: its late result must not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRun:
    """A job run without an end, as it stands in the table."""

    job_run_id: str
    worker: Worker
    attempt: int
    carrier: Mapping[str, Any]
    elapsed_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptStep:
    """What others need to tell the end of a step, a layer or index sync, when its run is lost."""

    failed_event_name: str
    cancelled_event_name: str
    payload: Mapping[str, Any]
    carrier: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenStep(KeptStep):
    """A step that a job run began and has not ended."""

    elapsed_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStep(KeptStep):
    """A step as it begins."""

    step: str


# The job is locked first, as everybody does: who did not could wait for one who waits for him.
_OPEN = """
    open AS MATERIALIZED (
        SELECT job_run_id FROM jobs JOIN job_runs USING (job_id)
        WHERE job_run_id = %(job_run_id)s AND job_runs.status = 'started' FOR SHARE
    )
"""
_ENDED = "DELETE FROM run_steps USING open WHERE run_steps.job_run_id = open.job_run_id AND step ="
_STARTED = """
    INSERT INTO run_steps
        (job_run_id, step, failed_event_name, cancelled_event_name, payload, carrier)
    SELECT job_run_id, %(step)s, %(failed)s, %(cancelled)s, %(payload)s, %(carrier)s
"""
_START_STEP = f"WITH {_OPEN} {_STARTED} FROM open"
_END_STEP = f"WITH {_OPEN} {_ENDED} %(ended)s"
_NEXT_STEP = f"""
    WITH {_OPEN}, ended AS ({_ENDED} %(ended)s RETURNING open.job_run_id) {_STARTED} FROM ended
"""


async def next_attempt(connection: AsyncConnection, job_id: str, worker: Worker) -> int:
    """Return the number of the worker's next attempt at the job, from 1."""
    cursor = await connection.execute(
        "SELECT coalesce(max(attempt), 0) + 1 FROM job_runs WHERE job_id = %s AND worker = %s",
        [job_id, worker],
    )
    [attempt] = await cursor.fetchone() or [1]
    return int(attempt)


async def workers_done(connection: AsyncConnection, job_id: str) -> set[str]:
    """Return the workers that have done their part of the job."""
    cursor = await connection.execute(
        "SELECT worker FROM job_runs WHERE job_id = %s AND status = 'completed'", [job_id]
    )
    return {worker for (worker,) in await cursor.fetchall()}


async def run_completed(connection: AsyncConnection, job_id: str, worker: Worker) -> bool:
    """Tell whether the worker has done its part of the job."""
    cursor = await connection.execute(
        "SELECT 1 FROM job_runs WHERE job_id = %s AND worker = %s AND status = 'completed'",
        [job_id, worker],
    )
    return await cursor.fetchone() is not None


async def start_run(
    connection: AsyncConnection,
    *,
    job_run_id: str,
    job_id: str,
    worker: Worker,
    attempt: int,
    job_attempt: int,
    carrier: Mapping[str, Any],
) -> None:
    """Add a job run with the status `started`."""
    await connection.execute(
        "INSERT INTO job_runs (job_run_id, job_id, worker, attempt, job_attempt, status, carrier)"
        " VALUES (%s, %s, %s, %s, %s, 'started', %s)",
        [job_run_id, job_id, worker, attempt, job_attempt, Jsonb(carrier)],
    )


async def end_run(
    connection: AsyncConnection, job_run_id: str, status: JobEnd, *, error_type: str | None = None
) -> None:
    """End a run; `error_type` says why it failed.

    Raises LostRun when it has ended before: a run ends once.
    """
    cursor = await connection.execute(
        "UPDATE job_runs SET status = %s, error_type = %s, ended_at = clock_timestamp()"
        " WHERE job_run_id = %s AND status = 'started'",
        [status, error_type, job_run_id],
    )
    if cursor.rowcount != 1:
        raise LostRun


async def failed_attempts(
    connection: AsyncConnection, job_id: str, worker: Worker, job_attempt: int, *, apart_from: str
) -> int:
    """Return how many attempts of the worker failed since the job was last started.

    Those that failed with the error type `apart_from` do not count.
    """
    cursor = await connection.execute(
        "SELECT count(*) FROM job_runs WHERE job_id = %s AND worker = %s AND job_attempt = %s"
        " AND status = 'failed' AND error_type <> %s",
        [job_id, worker, job_attempt, apart_from],
    )
    [count] = await cursor.fetchone() or [0]
    return int(count)


async def open_runs(connection: AsyncConnection, job_id: str) -> list[OpenRun]:
    """Return the runs at the job that have no end, locked until the transaction ends."""
    async with connection.cursor(row_factory=class_row(OpenRun)) as cursor:
        await cursor.execute(
            """
            SELECT job_run_id, worker, attempt, carrier,
                   1000 * extract(epoch FROM greatest(clock_timestamp() - started_at,
                                                      interval '0'))::float8 AS elapsed_ms
            FROM job_runs WHERE job_id = %s AND status = 'started'
            ORDER BY started_at, job_run_id FOR UPDATE
            """,
            [job_id],
        )
        return await cursor.fetchall()


async def start_step(connection: AsyncConnection, job_run_id: str, step: NewStep) -> None:
    """Note a step as begun. Raises LostRun when its run has ended."""
    await _once(connection, _START_STEP, job_run_id, step=step)


async def end_step(connection: AsyncConnection, job_run_id: str, step: str) -> None:
    """Strike a step off. Raises LostRun when somebody else closed it."""
    await _once(connection, _END_STEP, job_run_id, ended=step)


async def next_step(
    connection: AsyncConnection, job_run_id: str, ended: str, following: NewStep
) -> None:
    """Strike a step off, and note the following one as begun, as `end_step` and `start_step` do."""
    await _once(connection, _NEXT_STEP, job_run_id, ended=ended, step=following)


async def _once(
    connection: AsyncConnection,
    statement: str,
    job_run_id: str,
    *,
    ended: str | None = None,
    step: NewStep | None = None,
) -> None:
    parameters: dict[str, object] = {"job_run_id": job_run_id, "ended": ended}
    if step is not None:
        parameters |= {
            "step": step.step,
            "failed": step.failed_event_name,
            "cancelled": step.cancelled_event_name,
            "payload": Jsonb(step.payload),
            "carrier": Jsonb(step.carrier),
        }
    cursor = await connection.execute(statement.encode(), parameters)
    if cursor.rowcount != 1:
        raise LostRun


async def take_open_steps(connection: AsyncConnection, job_run_id: str) -> list[OpenStep]:
    """Strike off and return the steps that a lost run left open, in the order of their start."""
    async with connection.cursor(row_factory=class_row(OpenStep)) as cursor:
        await cursor.execute(
            """
            WITH taken AS (DELETE FROM run_steps WHERE job_run_id = %s RETURNING *)
            SELECT failed_event_name, cancelled_event_name, payload, carrier,
                   1000 * extract(epoch FROM greatest(clock_timestamp() - started_at,
                                                      interval '0'))::float8 AS elapsed_ms
            FROM taken ORDER BY started_at, step
            """,
            [job_run_id],
        )
        return await cursor.fetchall()
