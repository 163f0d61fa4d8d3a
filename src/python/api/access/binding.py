"""Which addresses the API may listen on."""

from psycopg import AsyncConnection

from api.access.loopback import UnknownHost, listens_on_loopback_alone
from store.api_keys import usable_keys


class AddressRefused(Exception):
    """The API may not listen there. The message says what to do."""


async def require_address(host: str, url: str) -> None:
    """Raise AddressRefused for an address that others can reach while no API key is usable.

    Requests are judged by the same rule whatever was found here: see admission.py.
    """
    try:
        alone = listens_on_loopback_alone(host)
    except UnknownHost as error:
        raise AddressRefused(str(error)) from error
    if alone:
        return
    async with await AsyncConnection.connect(url) as connection:
        if not await usable_keys(connection):
            raise AddressRefused(
                f"without a usable API key the API listens on this machine alone, not on {host!r}: "
                "make a key first (narralytica keys create --help)"
            )
