"""Decides whether a request may go on, and who asks: by its key, or as this machine itself."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from starlette.types import Scope

from api.access.key_ring import KeyRing, Keys
from api.access.loopback import is_loopback, is_page_of_loopback, names_loopback
from api.access.refusal import Refused
from api.access.scopes import Rule, needed_scope
from store.api_keys import UsableKey

_CHALLENGE = 'Bearer realm="narralytica"'


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as limits know it: a key by its public id, else an address."""

    name: str
    key_id: str | None = None


async def admitted(scope: Scope, ring: KeyRing, rule: Rule | None) -> Caller:
    """Return who asks. Raises Refused, and KeysUnknown."""
    keys = await ring.keys()
    if not keys.required:
        _require_this_machine(scope)
        return caller_by_address(scope)
    key = _key(scope, keys)
    if rule is not None and needed_scope(rule, scope["method"]) not in key.scopes:
        raise _lacking(key, needed_scope(rule, scope["method"]))
    await ring.note(key)
    return Caller(key.key_id, key.key_id)


def caller_by_address(scope: Scope) -> Caller:
    """Return who asks, known by address alone."""
    client = scope.get("client")
    return Caller("unknown" if client is None else _network(client[0]))


@lru_cache(maxsize=1024)
def _network(address: str) -> str:
    """Return an address as limits know it: of IPv6, the network that one subscriber has."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _key(scope: Scope, keys: Keys) -> UsableKey:
    given = _values(scope, b"authorization")
    scheme, _, text = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    if scheme.lower() != "bearer":
        raise Refused(
            "key_missing",
            401,
            "This needs an API key: send it as Authorization: Bearer nk_…. "
            "`narralytica keys create` makes one.",
            headers={"WWW-Authenticate": _CHALLENGE},
        )
    key = keys.find(text.strip())
    if key is None:
        raise Refused(
            "key_invalid",
            401,
            "This API key is good for nothing: it is mistyped, was revoked, or has expired.",
            headers={"WWW-Authenticate": f'{_CHALLENGE}, error="invalid_token"'},
        )
    return key


def _lacking(key: UsableKey, needed: str) -> Refused:
    challenge = f'{_CHALLENGE}, error="insufficient_scope", scope="{needed}"'
    return Refused(
        "scope_missing",
        403,
        f"This needs an API key with the scope {needed}, which this one has not.",
        key_id=key.key_id,
        headers={"WWW-Authenticate": challenge},
    )


def _require_this_machine(scope: Scope) -> None:
    """Refuse what does not come from this machine, or from a page of somebody else's."""
    server = scope.get("server")
    if server is None or not is_loopback(server[0]):
        raise Refused(
            "address_foreign",
            401,
            "There are no API keys, so that only this machine itself may ask. "
            "`narralytica keys create` makes one.",
            headers={"WWW-Authenticate": _CHALLENGE},
        )
    if [names_loopback(host) for host in _values(scope, b"host")] != [True]:
        raise Refused(
            "host_foreign",
            421,
            "Without API keys, ask this machine under its own name: localhost or 127.0.0.1.",
        )
    if not all(is_page_of_loopback(origin) for origin in _values(scope, b"origin")):
        raise Refused(
            "origin_foreign", 403, "Without API keys, pages of other origins may not ask."
        )


def _values(scope: Scope, header: bytes) -> Sequence[str]:
    return [value.decode("latin-1") for name, value in scope["headers"] if name == header]
