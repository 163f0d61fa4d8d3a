"""What differs from repository to repository: names, folders, the registry of events."""

import json
import re
from dataclasses import dataclass, fields
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Any


class InvalidConfiguration(Exception):
    """The configuration, or the registry that it names, cannot be used; the text says why."""


class Area(Enum):
    """What a file is for, by the folder that it is in."""

    FACADE = "the façade"
    SINKS = "the façade's sinks"
    SERVICE = "services, and all other source code that no list names"
    COMMAND = "commands for people"
    TEST = "tests"
    PEER = "code that measures other telemetry libraries"
    OTHER = "everything else"


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The settings of one repository; paths are relative to its root, modules are dotted names."""

    facade_module: str
    """The one module through which telemetry goes."""
    facade_folder: str
    sink_folders: tuple[str, ...]
    """The only place for telemetry libraries."""
    emit_functions: tuple[str, ...]
    """The façade's functions that nobody may wrap or rename."""
    event_name_functions: tuple[str, ...]
    """The façade's functions whose first argument may be an event's name."""
    id_setters: tuple[str, ...]
    """Methods whose first argument is an id."""

    service_folders: tuple[str, ...]
    """Whatever is below and neither façade, command, test nor peer is judged as a service."""
    command_folders: tuple[str, ...]
    """Programs for people: they may print."""
    test_folders: tuple[str, ...]
    """They may print, spell event names and build envelopes."""
    peer_folders: tuple[str, ...]
    """As test folders, and they may use other telemetry libraries and make ids, to measure them."""
    envelope_folders: tuple[str, ...]
    """Code that makes envelopes from the contracts, as a generator of samples does."""

    telemetry_path_names: tuple[str, ...]
    """What no folder or module of a service may be called."""
    telemetry_function_names: tuple[str, ...]
    """What no function outside the façade may be called."""

    forbidden_modules: tuple[str, ...]
    """Telemetry libraries: only sinks may import them."""
    facade_only_modules: tuple[str, ...]
    """Libraries that all of the façade may import, and nobody else."""
    service_forbidden_modules: tuple[str, ...]
    """Modules that, in addition, services may not import."""

    event_name_pattern: str
    """A regular expression; a string that it matches as a whole is an event's name."""
    registry: str
    """A JSON file: {"events": [{"event_name": …}, …]}."""
    envelope_keys: tuple[str, ...]
    """The keys that, together, make a dict an envelope."""
    id_fields: tuple[str, ...]
    """Fields, variables and keys whose ids only the façade makes."""

    def area(self, path: str) -> Area:
        """Return what the file at `path` is for; the first that fits."""
        folders = (
            (Area.SINKS, self.sink_folders),
            (Area.FACADE, (self.facade_folder,)),
            (Area.TEST, self.test_folders),
            (Area.PEER, self.peer_folders),
            (Area.COMMAND, self.command_folders),
            (Area.SERVICE, self.service_folders),
        )
        for area, listed in folders:
            if any(is_below(path, folder) for folder in listed):
                return area
        return Area.OTHER

    def writes_envelopes(self, path: str) -> bool:
        """Tell whether the file's purpose is to make envelopes from the contracts."""
        return any(is_below(path, folder) for folder in self.envelope_folders)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A configuration with what it points to, ready for use."""

    configuration: Configuration
    event_name: re.Pattern[str]
    registered: frozenset[str]


def is_below(path: str, folder: str) -> bool:
    """Tell whether the file at `path` is in `folder`, at whatever depth."""
    return PurePosixPath(path).is_relative_to(folder)


def read_settings(path: Path) -> Settings:
    """Read a configuration and its registry.

    Raises InvalidConfiguration.
    """
    configuration = parse_configuration(_read_json(path), str(path))
    try:
        event_name = re.compile(configuration.event_name_pattern)
    except re.error as error:
        raise InvalidConfiguration(
            f"{path}: event_name_pattern is no regular expression ({error})"
        ) from error
    registry = Path(configuration.registry)
    try:
        registered = frozenset(event["event_name"] for event in _read_json(registry)["events"])
    except (KeyError, TypeError) as error:
        raise InvalidConfiguration(
            f'{registry}: is no registry: it should be {{"events": [{{"event_name": …}}]}}'
        ) from error
    return Settings(configuration=configuration, event_name=event_name, registered=registered)


def parse_configuration(told: Any, where: str) -> Configuration:
    """Return the configuration that a JSON value describes.

    Raises InvalidConfiguration that names the field which is missing, unknown or of a wrong type.
    """
    if not isinstance(told, dict):
        raise InvalidConfiguration(f"{where}: should be a JSON object")
    known = {field.name: field.type for field in fields(Configuration)}
    for name in (*known, *told):
        if name not in told:
            raise InvalidConfiguration(f'{where}: "{name}" is missing')
        if name not in known:
            raise InvalidConfiguration(f'{where}: "{name}" is not a setting')
    values: dict[str, Any] = {}
    for name, kind in known.items():
        values[name] = _text(told[name]) if kind is str else _texts(told[name])
        if values[name] is None:
            expected = "a string" if kind is str else "a list of strings"
            raise InvalidConfiguration(f'{where}: "{name}" should be {expected}')
    return Configuration(**values)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return None
    return tuple(value)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise InvalidConfiguration(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise InvalidConfiguration(f"{path}: is not JSON ({error})") from error
