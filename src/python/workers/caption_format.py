"""Tells captions from other text by what they contain, never by their name."""

import re
from enum import StrEnum

_WEBVTT = re.compile(r"\ufeff?WEBVTT(?=[ \t\r\n]|\Z)")
# Possessive, since the time to try again what was passed over grows as the square of its length.
_SUBRIP = re.compile(
    r"\ufeff?\s*+(?:\d++[ \t]*+\r?\n)?[ \t]*+\d++:\d{1,2}:\d{1,2}[,.]\d++[ \t]*+-->"
)


class CaptionFormat(StrEnum):
    """The caption formats that can be read."""

    WEBVTT = "vtt"
    SUBRIP = "srt"


def caption_format(beginning: str) -> CaptionFormat | None:
    """Return the format of captions that begin so, or None when it is other text.

    WebVTT has a signature (W3C WebVTT, section 4.1); SubRip is known by its first times.
    """
    if _WEBVTT.match(beginning):
        return CaptionFormat.WEBVTT
    return CaptionFormat.SUBRIP if _SUBRIP.match(beginning) else None
