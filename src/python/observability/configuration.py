"""How the façade is set up: from arguments, else from the environment."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast, get_args

from observability.context import Actor
from observability.sinks import BatchSink, Sink
from observability.sinks.file_sink import FileSink, Fsync, Rotation
from observability.sinks.logging_sink import LoggingSink
from observability.validate import actor_contract

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}

# The variable that each member of the actor comes from, if no argument gives it.
_ACTOR_VARIABLES = {
    "service_name": "OBS_SERVICE_NAME",
    "service_version": "OBS_SERVICE_VERSION",
    "env": "OBS_ENV",
}


class InvalidConfiguration(ValueError):
    """A setting that cannot be used; the message names the variable and what it takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The façade's settings. `hash_key` never shows in a representation."""

    actor: Actor
    sinks: tuple[Sink | BatchSink, ...]
    validate_strict: bool = False
    hash_key: bytes | None = field(default=None, repr=False)


def from_environment(
    environment: Mapping[str, str],
    *,
    service_name: str | None = None,
    service_version: str | None = None,
    host: str | None = None,
    sinks: tuple[Sink | BatchSink, ...] | None = None,
) -> Configuration:
    """Read the variables OBS_*; an argument goes before its variable.

    `host` is by default this machine's name. Raises InvalidConfiguration for a value that is not
    one of those allowed.
    """
    return Configuration(
        actor=_actor(environment, service_name, service_version, host),
        sinks=_sinks(environment) if sinks is None else sinks,
        validate_strict=_boolean(environment, "OBS_VALIDATE_STRICT"),
        hash_key=environment.get("OBS_HASH_KEY", "").encode() or None,
    )


def _actor(
    environment: Mapping[str, str], name: str | None, version: str | None, host: str | None
) -> Actor:
    actor = Actor(
        service_name=name or environment.get("OBS_SERVICE_NAME") or "unknown_service",
        service_version=version or environment.get("OBS_SERVICE_VERSION") or "0",
        env=environment.get("OBS_ENV") or "local",
        host=host or _machine_name(),
    )
    for violation in actor_contract().violations(actor.as_dict()):
        member = violation.path.removeprefix("/")
        raise InvalidConfiguration(
            f"{_ACTOR_VARIABLES.get(member, member)} cannot be used: "
            f"it breaks {violation.rule} {violation.allowed}"
        )
    return actor


def _machine_name() -> str | None:
    """Return the machine's name if an actor may bear it."""
    name = os.uname().nodename
    known = Actor(service_name="any", service_version="0", env="any", host=name)
    return None if actor_contract().violations(known.as_dict()) else name


def _stdout(_: str, __: Mapping[str, str]) -> Sink:
    return LoggingSink()


def _file(path: str, environment: Mapping[str, str]) -> Sink:
    rotation = Rotation(
        max_bytes=_whole_number(environment, "OBS_FILE_MAX_BYTES", 1, Rotation().max_bytes),
        keep=_whole_number(environment, "OBS_FILE_KEEP", 0, Rotation().keep),
    )
    fsync = environment.get("OBS_FILE_FSYNC") or "never"
    if fsync not in get_args(Fsync):
        raise InvalidConfiguration(
            f"OBS_FILE_FSYNC must be {', '.join(get_args(Fsync))}, not {fsync!r}"
        )
    if not path:
        raise InvalidConfiguration("OBS_SINKS: file needs a path, as in file:events.jsonl")
    try:
        return FileSink(Path(path), rotation=rotation, fsync=cast(Fsync, fsync))
    except OSError as error:
        raise InvalidConfiguration(
            f"OBS_SINKS: {path} cannot be written ({error.strerror})"
        ) from error


def _otel(_: str, environment: Mapping[str, str]) -> BatchSink:
    try:
        # Nobody needs OpenTelemetry who does not name it.
        from observability.sinks.otel_sink import OtelSink
    except ImportError as error:
        raise InvalidConfiguration(
            "OBS_SINKS: otel needs the package opentelemetry-proto: install it, "
            "or start a PEX with PEX_PATH=otel.pex"
        ) from error
    try:
        return OtelSink(environment)
    except ValueError as error:
        raise InvalidConfiguration(str(error)) from None


_KINDS: Mapping[str, Callable[[str, Mapping[str, str]], Sink | BatchSink]] = {
    "stdout": _stdout,
    "file": _file,
    "otel": _otel,
}


def _sinks(environment: Mapping[str, str]) -> tuple[Sink | BatchSink, ...]:
    wanted = (environment.get("OBS_SINKS") or "stdout").split(",")
    if len(set(wanted)) < len(wanted):
        raise InvalidConfiguration(f"OBS_SINKS names a sink twice: {','.join(wanted)!r}")
    return tuple(_sink(entry.strip(), environment) for entry in wanted)


def _sink(entry: str, environment: Mapping[str, str]) -> Sink | BatchSink:
    kind, _, argument = entry.partition(":")
    try:
        make = _KINDS[kind]
    except KeyError:
        raise InvalidConfiguration(
            f"OBS_SINKS takes stdout, file:PATH and otel, separated by commas, not {entry!r}"
        ) from None
    return make(argument, environment)


def _whole_number(environment: Mapping[str, str], name: str, least: int, usual: int) -> int:
    value = environment.get(name) or str(usual)
    if not value.isascii() or not value.isdigit() or int(value) < least:
        raise InvalidConfiguration(f"{name} must be a whole number from {least}, not {value!r}")
    return int(value)


def _boolean(environment: Mapping[str, str], name: str) -> bool:
    value = environment.get(name) or "false"
    try:
        return _BOOLEANS[value.lower()]
    except KeyError:
        raise InvalidConfiguration(f"{name} must be true or false, not {value!r}") from None
