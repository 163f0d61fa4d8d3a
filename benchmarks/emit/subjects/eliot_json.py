"""Eliot, writing bytes that orjson encodes."""

import sys

import eliot  # type: ignore[import-untyped]
import uuid_utils

from benchmarks.emit import event
from benchmarks.emit.subject import Subject


def to_stdout() -> Subject:
    """Log messages outside any action, with the context as global fields."""
    eliot.to_file(sys.stdout.buffer)
    eliot.add_global_fields(
        schema_version=event.SCHEMA_VERSION,
        severity="info",
        correlation=event.CORRELATION,
        actor=event.ACTOR,
    )

    def write(count: int) -> None:
        for _ in range(count):
            eliot.log_message(
                message_type=event.EVENT_NAME,
                event_id=str(uuid_utils.uuid7()),
                payload=event.payload(event.LATENCY_MS),
            )

    return Subject(write=write)
