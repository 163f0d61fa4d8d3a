"""Another project's settings, and what the lint says about its files."""

import re
from dataclasses import dataclass

from boundaries.syntax.check import findings
from boundaries.syntax.configuration import Settings, parse_configuration

CONFIGURATION = {
    "facade_module": "signals",
    "facade_folder": "src/signals",
    "sink_folders": ["src/signals/sinks"],
    "emit_functions": ["emit"],
    "event_name_functions": ["emit", "seal"],
    "id_setters": ["with_request_id", "with_job"],
    "service_folders": ["src"],
    "command_folders": ["src/cli"],
    "test_folders": ["tests"],
    "peer_folders": ["benchmarks"],
    "envelope_folders": ["src/samples"],
    "telemetry_path_names": ["telemetry", "logging", "metrics", "tracing"],
    "telemetry_function_names": ["emit", "emit_event", "log_event", "track", "track_event"],
    "forbidden_modules": ["opentelemetry", "structlog", "google.cloud.logging"],
    "facade_only_modules": ["fastschema"],
    "service_forbidden_modules": ["logging"],
    "event_name_pattern": r"shop(\.[a-z][a-z0-9_]*){2,3}",
    "registry": "registry.json",
    "envelope_keys": ["event_name", "correlation"],
    "id_fields": ["request_id", "job_id", "event_id", "trace_id", "span_id"],
}
REGISTERED = frozenset({"shop.order.placed", "shop.index.sync.started"})

SERVICE = "src/web/orders.py"
COMMAND = "src/cli/main.py"
FACADE = "src/signals/emit.py"
SINK = "src/signals/sinks/file.py"
TEST = "tests/test_orders.py"
PEER = "benchmarks/others.py"
ELSEWHERE = "tools/build.py"

_MARK = re.compile(r"# <- ([a-z-]+(?:, [a-z-]+)*)$")


def settings(**changed: object) -> Settings:
    configuration = parse_configuration({**CONFIGURATION, **changed}, "shop.json")
    event_name = re.compile(configuration.event_name_pattern)
    return Settings(configuration=configuration, event_name=event_name, registered=REGISTERED)


SETTINGS = settings()


@dataclass(frozen=True, order=True)
class Told:
    line: int
    rule: str


def told(source: str, path: str = SERVICE) -> list[Told]:
    found = findings(path, source.encode(), SETTINGS)
    return sorted(Told(each.line, each.rule) for each in found)


def marked(source: str) -> list[Told]:
    """What the comments of a source expect: `# <- rule`, on the line that breaks the rule."""
    marks = ((number, _MARK.search(line)) for number, line in enumerate(source.splitlines(), 1))
    return sorted(
        Told(number, rule) for number, mark in marks if mark for rule in mark[1].split(", ")
    )


def assert_told(source: str, path: str = SERVICE) -> None:
    """Assert that each marked line is told with its rules, once, and that nothing else is."""
    expected = marked(source)
    assert expected, "the case marks no line"
    assert told(source, path) == expected, source


def assert_passes(source: str, path: str = SERVICE) -> None:
    assert told(source, path) == [], source
