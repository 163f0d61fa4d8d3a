"""All subjects, by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Lines = Literal["envelopes", "same-data", "copies", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A subject's label, its set-up (`module:function`) and what its lines must be.

    `envelopes` keep the contract; `same-data` hold the event's data in a form of their own;
    `copies` are one and the same line; `none` means that the subject hands nothing to the
    operating system.
    """

    label: str
    setup: str
    lines: Lines = "same-data"
    environment: Mapping[str, str] = field(default_factory=dict)
    validates: bool = False


def _ours(label: str, function: str, **environment: str) -> Entry:
    setup = f"facade:{function}"
    return Entry(
        label=label, setup=setup, lines="envelopes", environment=environment, validates=True
    )


CATALOGUE: Mapping[str, Entry] = {
    "floor": Entry(label="os.write alone (the floor)", setup="by_hand:write_alone", lines="copies"),
    "by-hand": Entry(label="dict + orjson + os.write, no validation", setup="by_hand:encode"),
    "obs-string": _ours("obs.emit(name, dict), bound context", "string_bound"),
    "obs-typed": _ours("obs.emit(typed), bound context", "typed_bound"),
    "obs-string-ctx": _ours("obs.emit(name, dict, ctx)", "string_explicit"),
    "obs-typed-ctx": _ours("obs.emit(typed, ctx)", "typed_explicit"),
    "obs-string-strict": _ours(
        "obs.emit(name, dict), bound, strict", "string_bound", OBS_VALIDATE_STRICT="true"
    ),
    "obs-typed-strict": _ours(
        "obs.emit(typed), bound, strict", "typed_bound", OBS_VALIDATE_STRICT="true"
    ),
    "typed-alone": Entry(
        label="a typed event made, not emitted", setup="facade:typed_alone", lines="none"
    ),
    "structlog": Entry(
        label="structlog + orjson + BytesLogger, bound logger", setup="structlog_json:bound"
    ),
    "structlog-contextvars": Entry(
        label="structlog + orjson + BytesLogger, contextvars", setup="structlog_json:contextvars"
    ),
    "stdlib": Entry(
        label="stdlib logging + python-json-logger (orjson)", setup="standard_logging:orjson"
    ),
    "stdlib-json": Entry(
        label="stdlib logging + python-json-logger (json)", setup="standard_logging:standard_json"
    ),
    "loguru": Entry(label="loguru, serialize", setup="loguru_json:serialize"),
    "eliot": Entry(label="Eliot, FileDestination (orjson)", setup="eliot_json:to_stdout"),
    "otel-batch": Entry(
        label="OpenTelemetry logs, batch, null exporter",
        setup="opentelemetry_logs:batch",
        lines="none",
    ),
    "otel-simple": Entry(
        label="OpenTelemetry logs, simple, console", setup="opentelemetry_logs:simple"
    ),
}
