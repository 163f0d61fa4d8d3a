"""What may be said of a user's text without saying it."""

import hmac


def keyed_hash(text: str, key: bytes) -> str:
    """Return the first 16 bytes of HMAC-SHA-256 of `text` under `key`, in hexadecimal."""
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")[:16].hex()
