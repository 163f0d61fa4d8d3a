"""How the façade is set up: from arguments, else from the environment."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

from observability.context import Actor

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class InvalidConfiguration(ValueError):
    """A setting that cannot be used; the message names the variable and what it takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The façade's settings. `hash_key` never shows in a representation."""

    actor: Actor
    validate_strict: bool = False
    hash_key: bytes | None = field(default=None, repr=False)


def from_environment(
    environment: Mapping[str, str], *, service_name: str, service_version: str, host: str | None
) -> Configuration:
    """Read OBS_VALIDATE_STRICT, OBS_ENV and OBS_HASH_KEY; `host` is by default this machine's name.

    Raises InvalidConfiguration for a value that is not one of those allowed.
    """
    return Configuration(
        actor=Actor(
            service_name=service_name,
            service_version=service_version,
            env=environment.get("OBS_ENV") or "local",
            host=host or socket.gethostname() or None,
        ),
        validate_strict=_boolean(environment, "OBS_VALIDATE_STRICT"),
        hash_key=environment.get("OBS_HASH_KEY", "").encode() or None,
    )


def _boolean(environment: Mapping[str, str], name: str) -> bool:
    value = environment.get(name) or "false"
    try:
        return _BOOLEANS[value.lower()]
    except KeyError:
        raise InvalidConfiguration(f"{name} must be true or false, not {value!r}") from None
