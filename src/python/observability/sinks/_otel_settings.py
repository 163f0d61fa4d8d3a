"""Where OpenTelemetry is sent, from the standard variables OTEL_EXPORTER_OTLP_*."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

#: What OTLP tells apart, and each has a path of its own.
Signal = Literal["logs", "traces"]

_PREFIX = "OTEL_EXPORTER_OTLP_"
_ENDPOINT = "http://localhost:4318"
_TIMEOUT_MS = "10000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where one signal goes. `timeout_s` bounds a whole export, its retries included."""

    scheme: str
    host: str
    port: int | None
    path: str
    timeout_s: float
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def target(environment: Mapping[str, str], signal: Signal) -> Target:
    """Read the variables of a signal, each by its own name or else by the general one.

    As the specification of the OpenTelemetry Protocol Exporter has them; the timeout is in
    milliseconds. Raises ValueError that names the variable, never its value: it may hold a token.
    """
    own_endpoint = environment.get(_own_name("ENDPOINT", signal))
    if own_endpoint:
        name, url = _own_name("ENDPOINT", signal), own_endpoint
    else:
        name, base = _setting(environment, "ENDPOINT", signal, _ENDPOINT)
        url = f"{base.rstrip('/')}/v1/{signal}"
    protocol_name, protocol = _setting(environment, "PROTOCOL", signal, "http/protobuf")
    if protocol != "http/protobuf":
        raise ValueError(f"{protocol_name} must be http/protobuf, the only one that is spoken here")
    parts, port = _url(name, url)
    return Target(
        scheme=parts.scheme,
        host=parts.hostname or "",
        port=port,
        path=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        timeout_s=_timeout_s(*_setting(environment, "TIMEOUT", signal, _TIMEOUT_MS)),
        headers=_headers(*_setting(environment, "HEADERS", signal, "")),
    )


def _own_name(what: str, signal: Signal) -> str:
    return f"{_PREFIX}{signal.upper()}_{what}"


def _setting(
    environment: Mapping[str, str], what: str, signal: Signal, usual: str
) -> tuple[str, str]:
    """Return the name of the variable that counts, and its value."""
    for name in (_own_name(what, signal), f"{_PREFIX}{what}"):
        if value := environment.get(name):
            return name, value.strip()
    return f"{_PREFIX}{what}", usual


def _url(name: str, url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(f"{name} is no URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{name} must begin with http:// or https:// and name a host")
    # Whatever else it holds would fail on each export, not once.
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError(f"{name} must be printable ASCII without spaces")
    return parts, port


def _timeout_s(name: str, value: str) -> float:
    if not value.isascii() or not value.isdigit() or int(value) < 1:
        raise ValueError(f"{name} must be a whole number of milliseconds from 1, not {value!r}")
    return int(value) / 1000


def _headers(name: str, value: str) -> dict[str, str]:
    """Read `key=value,key=value`, values percent-encoded as in W3C Baggage."""
    headers = {}
    for number, member in enumerate(filter(None, map(str.strip, value.split(","))), 1):
        key, separator, encoded = member.partition("=")
        key, content = key.strip(), unquote(encoded.strip())
        if not separator or not is_header(key, content):
            raise ValueError(
                f"{name} must be key=value pairs with commas between: see no. {number}"
            )
        headers[key] = content
    return headers


def is_header(name: str, value: str) -> bool:
    """Return whether this can be sent as a header."""
    return _is_token(name) and value.isascii() and value.isprintable()


def _is_token(text: str) -> bool:
    return text.isascii() and text.replace("-", "").replace("_", "").replace(".", "").isalnum()
