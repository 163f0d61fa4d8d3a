"""For tests: a collector on loopback that takes OTLP over HTTP, or refuses it."""

import gzip
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

#: Far longer than anything here takes, on a machine that is not stuck.
DEADLINE_S = 60.0


class Collector(ThreadingHTTPServer):
    """Takes OTLP over HTTP on loopback, and answers as it is told to."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.logs: list[ExportLogsServiceRequest] = []
        self.traces: list[ExportTraceServiceRequest] = []
        self.clients: list[Any] = []
        self.headers: list[Mapping[str, str]] = []
        #: Status and headers of the next answers; afterwards all is well.
        self.refusals: list[tuple[int, dict[str, str]]] = []
        #: The bodies of good answers.
        self.answer = b""
        self.trace_answer = b""
        self.asked = threading.Event()
        self.answers = threading.Event()
        self.answers.set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The base of its paths."""
        return f"http://127.0.0.1:{self.server_port}"

    def records(self) -> list[LogRecord]:
        """Return all log records that arrived."""
        scopes = [s for sent in self.logs for r in sent.resource_logs for s in r.scope_logs]
        return [record for scope in scopes for record in scope.log_records]

    def record(self, name: str) -> LogRecord:
        """Return the only record of an event, named without the product."""
        [record] = [each for each in self.records() if each.event_name == f"narralytica.{name}"]
        return record

    def spans(self) -> list[Span]:
        """Return all spans that arrived."""
        scopes = [s for sent in self.traces for r in sent.resource_spans for s in r.scope_spans]
        return [span for scope in scopes for span in scope.spans]

    def span(self, name: str) -> Span:
        """Return the only span of a name."""
        [span] = [each for each in self.spans() if each.name == name]
        return span

    def told_drops(self) -> list[tuple[str, int]]:
        """Return reason and count of each `events.dropped`."""
        told = [plain(r) for r in self.records() if r.event_name.endswith("events.dropped")]
        return [(each["reason"], each["dropped_count"]) for each in told]

    def stop(self) -> None:
        """Close the port; what waits for an answer gets it."""
        self.answers.set()
        self.shutdown()
        self.server_close()
        self._thread.join(DEADLINE_S)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Take a message, or refuse it."""
        collector = cast(Collector, self.server)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        collector.asked.set()
        collector.answers.wait(DEADLINE_S)
        status, headers = collector.refusals.pop(0) if collector.refusals else (200, {})
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        answer = collector.answer if self.path == "/v1/logs" else collector.trace_answer
        if status == 200:
            collector.clients.append(self.client_address)
            collector.headers.append(dict(self.headers))
            if self.path == "/v1/logs":
                collector.logs.append(ExportLogsServiceRequest.FromString(body))
            elif self.path == "/v1/traces":
                collector.traces.append(ExportTraceServiceRequest.FromString(body))
            else:
                status = 404
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(answer))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


def value_of(value: AnyValue) -> Any:
    """Return what an attribute holds."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [value_of(each) for each in value.array_value.values]
    if kind == "kvlist_value":
        return {each.key: value_of(each.value) for each in value.kvlist_value.values}
    return getattr(value, kind) if kind else None


def members(attributes: Any) -> dict[str, Any]:
    """Return attributes as they are in JSON. Raises AssertionError if a key comes twice."""
    pairs: list[KeyValue] = list(attributes)
    told = {pair.key: value_of(pair.value) for pair in pairs}
    if len(told) < len(pairs):
        raise AssertionError(f"a key comes twice: {[pair.key for pair in pairs]}")
    return told


def plain(item: LogRecord | Span) -> dict[str, Any]:
    """Return the attributes of a record or span."""
    return members(item.attributes)
