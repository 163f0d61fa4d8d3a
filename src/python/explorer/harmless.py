"""Makes whatever a log line can contain safe to show on a terminal."""

import unicodedata

#: Control and format characters (ANSI escapes, bidirectional marks), line breaks, surrogates.
UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
MOST_CHARACTERS = 400


def harmless(text: str, most: int = MOST_CHARACTERS) -> str:
    """Return the text on one line, its unsafe characters written as escapes, its excess cut off."""
    shown = "".join(_shown(character) for character in text[:most])
    return shown if len(text) <= most else f"{shown}… ({len(text):,} characters)"


def _shown(character: str) -> str:
    if character.isascii() and character.isprintable():
        return character
    if unicodedata.category(character) not in UNSAFE:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
