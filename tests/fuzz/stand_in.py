"""Ends jobs in place of workers, so that operations meet jobs in every state."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

_TICK_S = 0.2
# Which end it is follows from the id, so that a run with the same seed meets nearly the same.
_END = """
    UPDATE jobs SET ended_at = clock_timestamp(), error_type = CASE WHEN failed THEN 'Fuzzed' END,
                    status = CASE WHEN failed THEN 'failed' ELSE 'completed' END
    FROM (SELECT job_id, get_byte(uuid_send(job_id), 15) % 3 > 0 AS failed
          FROM jobs WHERE status = 'created'
            AND accepted_at < clock_timestamp() - interval '0.2 s') AS open
    WHERE jobs.job_id = open.job_id
"""


@contextmanager
def ending_jobs(url: str) -> Iterator[None]:
    """End every job soon after it was accepted, two thirds of them as failed."""
    over = threading.Event()

    def end_jobs() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not over.wait(_TICK_S):
                connection.execute(_END)

    thread = threading.Thread(target=end_jobs)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
