"""The OpenTelemetry SDK's log records, given to the logger without a detour through logging."""

import os
import time
from collections.abc import Sequence

import uuid_utils
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider, LogRecordProcessor, ReadableLogRecord
from opentelemetry.sdk._logs.export import (
    BatchLogRecordProcessor,
    ConsoleLogRecordExporter,
    LogRecordExporter,
    LogRecordExportResult,
    SimpleLogRecordProcessor,
)
from opentelemetry.sdk.resources import Resource

from benchmarks.emit import event
from benchmarks.emit.subject import Subject

# Wide enough for a whole run: the default of 2,048 drops records, silently.
QUEUE_SIZE = 1 << 20

ACTOR = {
    "service.name": event.SERVICE_NAME,
    "service.version": event.SERVICE_VERSION,
    "deployment.environment.name": event.ENV,
    "host.name": event.HOST,
}


class LostRecords(RuntimeError):
    """Fewer records came out than went in."""


class _NullExporter(LogRecordExporter):
    """Counts records and forgets them."""

    def __init__(self) -> None:
        self.exported = 0

    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        self.exported += len(batch)
        return LogRecordExportResult.SUCCESS

    def shutdown(self) -> None:
        """Nothing is kept."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return True


def batch() -> Subject:
    """Hand records to the batch processor, whose exporter forgets them."""
    exporter = _NullExporter()
    processor = BatchLogRecordProcessor(exporter, max_queue_size=QUEUE_SIZE)
    subject = _subject(processor)
    emitted = 0

    def write(count: int) -> None:
        nonlocal emitted
        emitted += count
        subject.write(count)

    def finish() -> None:
        processor.force_flush()
        if exporter.exported != emitted:
            raise LostRecords(f"{emitted} records went in, {exporter.exported} came out")

    return Subject(write=write, finish=finish)


def simple() -> Subject:
    """Write each record to stdout when it is emitted, on one line."""
    exporter = ConsoleLogRecordExporter(
        formatter=lambda record: record.to_json(indent=None) + os.linesep
    )
    return _subject(SimpleLogRecordProcessor(exporter))


def _subject(processor: LogRecordProcessor) -> Subject:
    provider = LoggerProvider(resource=Resource(ACTOR), shutdown_on_exit=False)
    provider.add_log_record_processor(processor)
    logger = provider.get_logger("benchmark")

    def write(count: int) -> None:
        for _ in range(count):
            logger.emit(
                LogRecord(
                    timestamp=time.time_ns(),
                    event_name=event.EVENT_NAME,
                    severity_number=SeverityNumber.INFO,
                    severity_text="INFO",
                    attributes={
                        "event_id": str(uuid_utils.uuid7()),
                        "schema_version": event.SCHEMA_VERSION,
                        **event.CORRELATION,
                    },
                    body=event.payload(event.LATENCY_MS),
                )
            )

    return Subject(write=write)
