"""Speakers that a transcript names at the beginning of a turn: `ADA: Good morning.`"""

import re
from collections import Counter
from collections.abc import Sequence

_LABEL = re.compile(
    r"(?:>>\s*|[-\u2013\u2014]\s*)?"
    r"(?P<name>[^\W\d_a-z][\w.'\u2019-]{0,24}(?:[ ][^\W_a-z][\w.'\u2019-]{0,24}){0,3}):\s+(?=\S)"
)
_TURN = re.compile(rf"\n(?={_LABEL.pattern})")

# Prose has the odd "Note: …"; a conversation has two who return, and labels everywhere.
_RETURNING_NAMES = 2
_SHARE_OF_TURNS = 0.25


def turns(paragraph: str) -> list[str]:
    """Split a paragraph before each line that begins with what may be a label."""
    # The pattern's group would come back from a split, so the places are cut out one by one.
    places = [match.start() for match in _TURN.finditer(paragraph)]
    bounds = zip([0, *places], [*places, None], strict=True)
    return [paragraph[start:end].strip() for start, end in bounds]


def spoken(text: str) -> tuple[str | None, str]:
    """Part a turn into the name at its beginning, or None, and what is said."""
    match = _LABEL.match(text)
    return (match["name"], text[match.end() :]) if match else (None, text)


def names_speakers(turns: Sequence[str]) -> bool:
    """Tell whether labels are this document's way to name speakers, and not the odd colon.

    It is when at least two names begin two turns each, and a quarter of all turns has a label.
    """
    names = Counter(name for name, _ in map(spoken, turns) if name)
    returning = sum(count >= 2 for count in names.values())
    return returning >= _RETURNING_NAMES and names.total() >= _SHARE_OF_TURNS * len(turns)
