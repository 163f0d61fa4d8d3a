"""What may be said of a user's text without saying it."""

import re
from dataclasses import dataclass

#: The most that `error_message` holds, in characters.
MAX_MESSAGE = 256

_UNPRINTABLE = re.compile("[^ -~]")

# What `error_type` in definitions.schema.json does not take.
_NO_NAME = re.compile("[^A-Za-z0-9_.]")
_MAX_NAME = 128


class SafeError(Exception):
    """The base of errors whose message may be told in events: it never holds user text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldError:
    """What events say of an error: its type, and its message if that is safe to tell."""

    error_type: str
    error_message: str | None = None


def told_error(error: BaseException) -> ToldError:
    """Return what may be told of an exception: of all but SafeError, the type's name alone."""
    message = str(error) if isinstance(error, SafeError) else ""
    printable = _UNPRINTABLE.sub("?", message)[:MAX_MESSAGE]
    return ToldError(error_type=error_type(type(error)), error_message=printable or None)


def error_type(error_class: type[BaseException]) -> str:
    """Return the name of an exception's class as events tell it."""
    name = error_class.__qualname__.replace("<locals>.", "")
    return _NO_NAME.sub("_", name)[:_MAX_NAME]


def keyed_hash(text: str, key: bytes) -> str:
    """Return the first 16 bytes of HMAC-SHA-256 of `text` under `key`, in hexadecimal."""
    # Not at the top: it brings OpenSSL, and few processes hash.
    import hmac

    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")[:16].hex()
