"""Settings of the API, as its environment gives them."""

from collections.abc import Mapping

MAX_UPLOAD_BYTES = 4 << 30


class InvalidSetting(ValueError):
    """A setting that cannot be used; the message names the variable and what it takes."""


def max_upload_bytes(environment: Mapping[str, str]) -> int:
    """Return NARRALYTICA_MAX_UPLOAD_BYTES: how long an upload may be. Raises InvalidSetting."""
    name = "NARRALYTICA_MAX_UPLOAD_BYTES"
    given = environment.get(name)
    if not given:
        return MAX_UPLOAD_BYTES
    if not (given.isascii() and given.isdecimal() and 0 < int(given) < 1 << 53):
        raise InvalidSetting(f"{name} must be a whole number of bytes above 0, not {given!r}")
    return int(given)
