"""The text of an API key: `nk_`, its public id, `_`, its secret."""

import hashlib
import re
import secrets
from dataclasses import dataclass, field

_ID = re.compile(r"[0-9a-f]{12}")
_KEY = re.compile(rf"nk_({_ID.pattern})_([0-9a-f]{{64}})")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyText:
    """An API key as its holder has it; its secret is in no `repr`."""

    key_id: str
    secret: str = field(repr=False)

    def text(self) -> str:
        """Return what the holder sends."""
        return f"nk_{self.key_id}_{self.secret}"

    def digest(self) -> bytes:
        """Return what is kept of the secret.

        It is 256 random bits, which nobody can guess, however fast the hash: a slow one, as
        passwords need it, would slow down requests alone.
        """
        return hashlib.sha256(self.secret.encode()).digest()


def new_key_text() -> KeyText:
    """Return a key that nobody has."""
    return KeyText(key_id=secrets.token_hex(6), secret=secrets.token_hex(32))


def parse_key(text: str) -> KeyText | None:
    """Return the key, or None for what is no text of one."""
    match = _KEY.fullmatch(text)
    return None if match is None else KeyText(key_id=match[1], secret=match[2])


def is_key_id(text: str) -> bool:
    """Return whether this is a key's public id."""
    return _ID.fullmatch(text) is not None
