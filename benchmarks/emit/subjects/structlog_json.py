"""structlog, as its chapter on performance has it (https://www.structlog.org/en/stable/performance.html)."""

import logging
from typing import Any

import orjson
import structlog
import uuid_utils

from benchmarks.emit import event
from benchmarks.emit.subject import Subject


def bound() -> Subject:
    """Keep the context in a bound logger: the fastest way."""
    _configure()
    logger = structlog.get_logger().bind(
        schema_version=event.SCHEMA_VERSION, correlation=event.CORRELATION, actor=event.ACTOR
    )

    def write(count: int) -> None:
        for _ in range(count):
            logger.info(
                event.EVENT_NAME,
                event_id=str(uuid_utils.uuid7()),
                payload=event.payload(event.LATENCY_MS),
            )

    return Subject(write=write)


def contextvars() -> Subject:
    """Keep the context in contextvars, as a service with requests does."""
    _configure(structlog.contextvars.merge_contextvars)
    logger = structlog.get_logger()

    def write(count: int) -> None:
        structlog.contextvars.bind_contextvars(
            schema_version=event.SCHEMA_VERSION, correlation=event.CORRELATION, actor=event.ACTOR
        )
        for _ in range(count):
            logger.info(
                event.EVENT_NAME,
                event_id=str(uuid_utils.uuid7()),
                payload=event.payload(event.LATENCY_MS),
            )

    return Subject(write=write)


def _configure(*first: Any) -> None:
    structlog.configure(
        cache_logger_on_first_use=True,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        processors=[
            *first,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=orjson.dumps),
        ],
        logger_factory=structlog.BytesLoggerFactory(),
    )
