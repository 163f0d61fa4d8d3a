"""The standard library's logging with python-json-logger."""

import logging
import sys

import uuid_utils
from pythonjsonlogger.core import BaseJsonFormatter
from pythonjsonlogger.json import JsonFormatter
from pythonjsonlogger.orjson import OrjsonFormatter

from benchmarks.emit import event
from benchmarks.emit.subject import Subject

FIELDS = ("message", "levelname")


def standard_json() -> Subject:
    """Encode with the standard library's json, which is what most people use."""
    return _subject(JsonFormatter(FIELDS, timestamp=True, static_fields=_constant()))


def orjson() -> Subject:
    """Encode with orjson, and gather nothing that no line needs.

    What to switch off says the logging howto, under "Optimization".
    """
    logging._srcfile = None  # noqa: SLF001
    logging.logThreads = False
    logging.logProcesses = False
    logging.logMultiprocessing = False
    return _subject(OrjsonFormatter(FIELDS, timestamp=True, static_fields=_constant()))


def _constant() -> dict[str, object]:
    return {"schema_version": event.SCHEMA_VERSION, "actor": event.ACTOR}


def _subject(formatter: BaseJsonFormatter) -> Subject:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    logger = logging.getLogger("benchmark")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)

    def write(count: int) -> None:
        for _ in range(count):
            logger.info(
                event.EVENT_NAME,
                extra={
                    "event_id": str(uuid_utils.uuid7()),
                    "correlation": event.CORRELATION,
                    "payload": event.payload(event.LATENCY_MS),
                },
            )

    return Subject(write=write)
