"""What no library can beat: the bytes alone, and an envelope built in place."""

import os
from datetime import UTC, datetime

import orjson
import uuid_utils

from benchmarks.emit import event
from benchmarks.emit.subject import Subject

STDOUT = 1


def write_alone() -> Subject:
    """Write one encoded envelope over and over."""
    line = _line()

    def write(count: int) -> None:
        for _ in range(count):
            os.write(STDOUT, line)

    return Subject(write=write)


def encode() -> Subject:
    """Build, encode and write each envelope, and check nothing."""

    def write(count: int) -> None:
        for _ in range(count):
            os.write(STDOUT, _line())

    return Subject(write=write)


def _line() -> bytes:
    envelope = {
        "schema_version": event.SCHEMA_VERSION,
        "event_id": str(uuid_utils.uuid7()),
        "event_name": event.EVENT_NAME,
        "occurred_at": datetime.now(UTC),
        "severity": "info",
        "correlation": event.CORRELATION,
        "actor": event.ACTOR,
        "payload": event.payload(event.LATENCY_MS),
    }
    return orjson.dumps(envelope, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)
