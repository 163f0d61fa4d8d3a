"""What may be said of a user's text without saying it."""

import hmac
import re
from dataclasses import dataclass

#: The most that `error_message` holds, in characters.
MAX_MESSAGE = 256

_UNPRINTABLE = re.compile("[^ -~]")


class SafeError(Exception):
    """The base of errors whose message may be told in events: it never holds user text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldError:
    """What events say of an error: its type, and its message if that is safe to tell."""

    error_type: str
    error_message: str | None = None


def told_error(error: BaseException) -> ToldError:
    """Return what may be told of an exception: of all but SafeError, the type's name alone."""
    name = type(error).__qualname__.replace("<locals>.", "")
    message = str(error) if isinstance(error, SafeError) else ""
    printable = _UNPRINTABLE.sub("?", message)[:MAX_MESSAGE]
    return ToldError(error_type=name, error_message=printable or None)


def keyed_hash(text: str, key: bytes) -> str:
    """Return the first 16 bytes of HMAC-SHA-256 of `text` under `key`, in hexadecimal."""
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")[:16].hex()
