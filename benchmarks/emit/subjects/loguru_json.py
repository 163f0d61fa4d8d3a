"""loguru with its own JSON form, no queue, and none of its help with exceptions."""

import sys

import uuid_utils
from loguru import logger

from benchmarks.emit import event
from benchmarks.emit.subject import Subject


def serialize() -> Subject:
    """Log through one sink on stdout."""
    logger.remove()
    logger.add(
        sys.stdout, format="{message}", serialize=True, backtrace=False, diagnose=False, catch=False
    )
    bound = logger.bind(
        schema_version=event.SCHEMA_VERSION, correlation=event.CORRELATION, actor=event.ACTOR
    )

    def write(count: int) -> None:
        for _ in range(count):
            bound.info(
                event.EVENT_NAME,
                event_id=str(uuid_utils.uuid7()),
                payload=event.payload(event.LATENCY_MS),
            )

    return Subject(write=write)
