"""What is this machine, and nobody else: addresses, host names, and pages in its browsers."""

import ipaddress
import re
import socket
from functools import lru_cache

_AUTHORITY = re.compile(
    r"(?:(?P<name>[A-Za-z0-9.]{1,253})|\[(?P<ipv6>[0-9A-Fa-f:.]{2,45})\])(?::[0-9]{1,5})?"
)


class UnknownHost(ValueError):
    """A host name that cannot be looked up. The message says what to do."""


@lru_cache(maxsize=1024)
def is_loopback(address: str) -> bool:
    """Return whether an IP address is the loopback interface's; text that is none is not."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped.is_loopback
    return parsed.is_loopback


def listens_on_loopback_alone(host: str) -> bool:
    """Return whether a server at `host` is out of other machines' reach. Raises UnknownHost."""
    if not host:
        return False  # every address there is
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise UnknownHost(
            f"the host {host!r} is unknown: give an address of this machine"
        ) from error
    return all(is_loopback(str(address[0]).partition("%")[0]) for *_, address in found)


def names_loopback(authority: str) -> bool:
    """Return whether `host[:port]`, as in the header Host, is this machine under its own name.

    A page whose own name somebody lets resolve to 127.0.0.1 (DNS rebinding) sends that name.
    """
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        return False
    name = match["name"] or match["ipv6"]
    return name.lower() == "localhost" or is_loopback(name)


def is_page_of_loopback(origin: str) -> bool:
    """Return whether the header Origin names a page that this machine serves."""
    scheme, separator, authority = origin.partition("://")
    return scheme in ("http", "https") and bool(separator) and names_loopback(authority)
