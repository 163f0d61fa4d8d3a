"""One event on one line, for people."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from explorer.commands.output import brief
from explorer.harmless import harmless

MARKS = {
    "debug": ("·", "dim"),
    "info": ("•", ""),
    "warn": ("!", "yellow"),
    "error": ("✗", "bold red"),
}
NAME_CELLS = 20
#: Of a UUID of version 7 these tell the millisecond, and lead `trace` to it.
ID_CHARACTERS = 13
SERVICE_FROM, ID_FROM = 110, 70
#: What the event's name says already, or what only matters to programs.
UNSAID = {
    *("status", "parent_span_id", "job_type", "layer_version", "model_provider"),
    *("query_hash", "by_request_id"),
}
#: What is told in words, in this order; of the rest, each as `key=value`.
WORDS = ("worker", "layer_name", "index", "mode", "violating_event_name", "attempt")
ERRORS = ("error_type", "error_message", "will_retry", "latency_ms")


def event_row(envelope: Mapping[str, Any], width: int | None) -> Text:
    """Return the event on one line, cut where the terminal ends; None is an endless line."""
    mark, style = MARKS.get(envelope.get("severity", ""), ("•", ""))
    row = Text(no_wrap=True)
    narrow = width is not None and width < ID_FROM
    row.append(envelope["occurred_at"][11 : 19 if narrow else 23], "dim")  # the time of day, UTC
    row.append(f" {mark} ", style)
    if width is None or width >= SERVICE_FROM:
        row.append(f"{harmless(envelope['actor']['service_name']):<17} ", "cyan")
    name = harmless(envelope["event_name"].removeprefix("narralytica."))
    row.append(f"{name} " if narrow else f"{name:<{NAME_CELLS}} ", style)
    row.append(" ".join(_details(envelope["payload"])))
    return _with_id(row, envelope, width)


def invalid_row(file: str, reason: str, content: bytes, width: int | None) -> Text:
    """Return a line that is no valid event, as such."""
    narrow = width is not None and width < ID_FROM
    row = Text(f"{'':{8 if narrow else 12}} ? ", "magenta", no_wrap=True)
    row.append(f"{harmless(file)}: {harmless(reason)}", "magenta")
    row.append(f": {harmless(content.decode(errors='replace'))}", "dim")
    if width is not None:
        row.truncate(width, overflow="ellipsis")
    return row


def _with_id(row: Text, envelope: Mapping[str, Any], width: int | None) -> Text:
    """Put what leads to the story at the end of the line, where there is room for it."""
    ids = envelope["correlation"]
    told = ids.get("job_id") or ids.get("request_id") or envelope.get("event_id") or ""
    if width is None:
        return row.append(f"  {told}", "dim") if told else row
    if width < ID_FROM or not told:
        row.truncate(width, overflow="ellipsis")
        return row
    row.truncate(width - ID_CHARACTERS - 2, overflow="ellipsis", pad=True)
    return row.append(f"  {told[:ID_CHARACTERS]}", "dim")


def _details(payload: Mapping[str, Any]) -> Iterator[str]:
    told_first = (*WORDS, *ERRORS)
    rest = [key for key in payload if key not in told_first and key not in UNSAID]
    for key in (*(key for key in told_first if key in payload), *rest):
        if told := _detail(key, payload[key]):
            yield harmless(told)


def _detail(key: str, value: Any) -> str:
    match key, value:
        case "attempt", _:
            return f"#{value}" if value > 1 else ""
        case "latency_ms", _:
            return brief(value / 1000)
        case "will_retry", _:
            return "(will be retried)" if value else "(no attempt left)"
        case "error_message", _:
            return f'"{value}"'
        case _ if key in (*WORDS, "error_type"):
            return str(value)
        case "violations", list():
            return ", ".join(f"{each['path']} {each['rule']}" for each in value)
        case _, list():
            return f"{key}={','.join(map(str, value))}"
    return f"{key}={value}"
