"""No telemetry corner within a service."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from boundaries.syntax.configuration import Area, is_below
from boundaries.syntax.rule import Fault, Rule
from boundaries.syntax.source import Source


def _check(source: Source) -> Iterator[Fault]:
    configuration = source.configuration
    for folder in configuration.service_folders:
        if not is_below(source.path, folder):
            continue
        for part in PurePosixPath(source.path).relative_to(folder).parts:
            name = part.partition(".")[0].strip("_").lower()
            if name in configuration.telemetry_path_names:
                yield Fault(None, f'A service has a place of its own for telemetry: "{part}".')


TELEMETRY_PATH = Rule(
    id="telemetry-path",
    why="A service's own telemetry module grows into a second façade, with names and fields that "
    "nobody else has.",
    instead="Call the façade where things happen; what is missing there belongs into the façade. "
    "If the module is about something else, call it after that.",
    where=frozenset({Area.SERVICE}),
    check=_check,
)
