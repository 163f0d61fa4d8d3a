"""Whatever is worked off twice leaves the same tables as once."""

from importlib.resources import files
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from store.pipeline import JOB_TYPES, JobType
from tests.integration.running_stack import RunningStack

TABLES = ("documents", "media_chunks", "segments", "layers", "passages")


@pytest.fixture(scope="module", params=["recording.wav", "interview.vtt"])
def document_id(request: pytest.FixtureRequest, stack: RunningStack) -> str:
    media = (files("stack") / "demo_media" / request.param).read_bytes()
    accepted = stack.request("POST", "/ingest", files={"file": (request.param, media)}).json()
    assert stack.finished(accepted["job_id"])["status"] == "completed"
    return str(accepted["document_id"])


@pytest.mark.parametrize("job_type", JOB_TYPES)
def test_a_second_job_from_any_worker_on_leaves_the_same_tables(
    stack: RunningStack, database_url: str, document_id: str, job_type: JobType
) -> None:
    before = {table: _rows(database_url, table, document_id) for table in TABLES}
    assert all(before.values())
    again = stack.request("POST", "/jobs", json={"document_id": document_id, "job_type": job_type})
    assert stack.finished(again.json()["job_id"])["status"] == "completed"
    for table in TABLES:
        assert _rows(database_url, table, document_id) == before[table], table


def _rows(url: str, table: str, document_id: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        # The text of a row holds every column, and the order does not depend on where it lies.
        statement = SQL("SELECT row::text FROM {} AS row WHERE document_id = %s ORDER BY 1")
        return connection.execute(statement.format(Identifier(table)), [document_id]).fetchall()
