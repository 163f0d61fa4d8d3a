"""Tells by its first bytes what can be neither a recording nor a transcript."""

import re

#: How many bytes of a beginning are looked at.
LOOKED_AT_BYTES = 4096

# How files begin (their formats' specifications), and what they are then.
_SIGNATURES = {
    "an archive": (
        rb"PK(?:\x03\x04|\x05\x06|\x07\x08)",
        rb"\x1f\x8b\x08",
        rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)",
        rb"\xfd7zXZ\x00",
        rb"7z\xbc\xaf\x27\x1c",
        rb"Rar!\x1a\x07",
        rb"\x28\xb5\x2f\xfd",
        rb".{257}ustar[\x00 ]",
    ),
    "a program": (
        rb"\x7fELF",
        # Words may begin with these two letters; what follows them in a program is no text.
        rb"MZ[\x00-\xff]{0,62}\x00",
        rb"\xca\xfe\xba\xbe",
        rb"(?:\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe)",
        rb"\x00asm",
        rb"#!\s*/",
    ),
    "a PDF or office document": (rb"\s*%PDF-", rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", rb"\{\\rtf"),
    "a database": (rb"SQLite format 3\x00",),
    "an image": (
        rb"\x89PNG\r\n\x1a\n",
        rb"\xff\xd8\xff",
        rb"GIF8[79]a",
        rb"BM.{4}\x00\x00\x00\x00",
        rb"(?:II[*+]\x00|MM\x00[*+])",
        rb"RIFF.{4}WEBP",
        rb".{4}ftyp(?:avif|avis|heic|heix|hevc|mif1|msf1)",
        rb"8BPS",
    ),
    "XML or HTML": (
        rb"(?:\xef\xbb\xbf)?\s*<(?i:[?]xml|!doctype|!entity|!\[CDATA\[|!--|html|head|body|script|svg)",
        rb"(?:\xff\xfe\s?\x00?)<\x00",
        rb"\xfe\xff\x00<",
    ),
}
_REFUSED = {
    what: re.compile(rb"|".join(rb"(?:%s)" % signature for signature in signatures), re.DOTALL)
    for what, signatures in _SIGNATURES.items()
}


def refused_media(beginning: bytes | bytearray) -> str | None:
    """Return what begins so, such as `an image`, or None if it may be media.

    What may be media and is not is refused by the ingest worker, which reads all of it.
    """
    looked_at = beginning[:LOOKED_AT_BYTES]
    return next((what for what, form in _REFUSED.items() if form.match(looked_at)), None)
