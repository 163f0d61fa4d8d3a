"""The same story for other programs: JSON, Mermaid, Chrome's trace viewer, OTLP."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from explorer.trace.span import Span

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def as_json(roots: Sequence[Span], now: datetime) -> str:
    """Return the spans as they are; times are RFC 3339, `waited_s` is in seconds."""
    spans = [asdict(root) for root in roots]
    return json.dumps({"read_at": now, "spans": spans}, default=_stamp, indent=2)


def as_mermaid(roots: Sequence[Span], now: datetime) -> str:
    """Return a Gantt chart (https://mermaid.js.org/syntax/gantt.html)."""
    rows = ["gantt", "    dateFormat x", "    axisFormat %H:%M:%S.%L"]
    for number, (span, _) in enumerate(_all(roots)):
        if span.start is None:
            continue
        if span.kind in ("request", "job"):
            rows.append(f"    section {_plain(span.name)} {(span.identifier or '')[:13]}")
        tag = "crit, " if span.status == "failed" else "done, " if span.end else "active, "
        begin, end = _micros(span.start) // 1000, _micros(span.end or now) // 1000
        attempt = f" {span.attempt}" if span.attempt else ""
        rows.append(
            f"    {_plain(span.name)}{attempt} :{tag}s{number}, {begin}, {max(end, begin + 1)}"
        )
    return "\n".join(rows)


def as_chrome_trace(roots: Sequence[Span], now: datetime) -> str:
    """Return trace events for chrome://tracing and Perfetto; each span on a track of its own."""
    events: list[dict[str, Any]] = []
    for track, (span, _) in enumerate(_all(roots), start=1):
        if span.start is None:
            continue
        events.append(
            {
                "name": span.name,
                "cat": span.kind,
                "ph": "X",
                "ts": _micros(span.start),
                "dur": max(0, _micros(span.end or now) - _micros(span.start)),
                "pid": 1,
                "tid": track,
                "args": _attributes(span),
            }
        )
        name = f"{span.name} #{span.attempt}" if span.attempt else span.name
        about = {"ph": "M", "pid": 1, "tid": track, "name": "thread_name", "args": {"name": name}}
        events.append(about)
    return json.dumps({"traceEvents": events, "displayTimeUnit": "ms"})


def as_otlp(roots: Sequence[Span], now: datetime) -> str:
    """Return an OTLP/JSON ExportTraceServiceRequest; ids that are not known are derived."""
    by_service: dict[str, list[dict[str, Any]]] = {}
    for root in roots:
        named = (span.trace_id for span, _ in _all([root]) if span.trace_id)
        trace_id = next(named, _derived(root, None)[:32])
        for span, parent in _all([root]):
            told = _otlp_span(span, parent, trace_id, now)
            by_service.setdefault(span.service or "unknown_service", []).append(told)
    resources = [
        {
            "resource": {"attributes": [_otlp_attribute("service.name", service)]},
            "scopeSpans": [{"scope": {"name": "narralytica.explorer"}, "spans": spans}],
        }
        for service, spans in by_service.items()
    ]
    return json.dumps({"resourceSpans": resources})


FORMATS: Mapping[str, Callable[[Sequence[Span], datetime], str]] = {
    "json": as_json,
    "mermaid": as_mermaid,
    "chrome-trace": as_chrome_trace,
    "otlp-json": as_otlp,
}


def _otlp_span(span: Span, parent: Span | None, trace_id: str, now: datetime) -> dict[str, Any]:
    start = span.start or now
    told: dict[str, Any] = {
        "traceId": trace_id,
        "spanId": _span_id(span, parent),
        "name": span.name,
        "kind": 1,
        "startTimeUnixNano": str(_micros(start) * 1000),
        "endTimeUnixNano": str(_micros(max(span.end or now, start)) * 1000),
        "attributes": [_otlp_attribute(*item) for item in _attributes(span).items()],
    }
    if parent is not None:
        told["parentSpanId"] = _span_id(parent, None)
    if span.status == "failed":
        told["status"] = {"code": 2, "message": span.error_type or ""}
    return told


def _span_id(span: Span, parent: Span | None) -> str:
    # A job has no span of its own: its events bear those of the request and of a run.
    own = span.span_id if span.kind in ("run", "layer", "index", "search") else None
    shared = parent is not None and parent.span_id == own
    return own if own and not shared else _derived(span, parent)[:16]


def _derived(span: Span, parent: Span | None) -> str:
    named = span.identifier or f"{parent.identifier if parent else ''}/{span.name}/{span.start}"
    return hashlib.sha256(named.encode()).hexdigest()


def _attributes(span: Span) -> dict[str, str]:
    known = {
        f"narralytica.{span.kind}_id": span.identifier,
        "narralytica.status": span.status,
        "narralytica.attempt": str(span.attempt) if span.attempt else None,
        "narralytica.marks": "; ".join(span.marks),
        "error.type": span.error_type,
        "gen_ai.request.model": span.model_id,
    }
    return {key: value for key, value in known.items() if value}


def _otlp_attribute(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": {"stringValue": value}}


def _all(roots: Sequence[Span], parent: Span | None = None) -> Iterator[tuple[Span, Span | None]]:
    for span in roots:
        yield span, parent
        yield from _all(span.children, span)


def _micros(moment: datetime) -> int:
    return round((moment - EPOCH).total_seconds() * 1_000_000)


def _plain(text: str) -> str:
    """Leave nothing that Mermaid could take for syntax."""
    return "".join(character if character.isalnum() else " " for character in text[:80])


def _stamp(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} is no part of a span")
