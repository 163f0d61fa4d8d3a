"""How long a transcript may be: what comes after it holds all of its segments in memory."""

from collections.abc import Iterable
from itertools import islice
from typing import TypeVar

from workers.runtime.failure import BadInput

Item = TypeVar("Item")

# A day of speech, sixteen hours of captions, or a text of eight million characters at most.
MOST_SEGMENTS = 20_000
MOST_BYTES = 16 << 20


class TranscriptTooLong(BadInput):
    """There is more text than one document can hold."""


def bounded(items: Iterable[Item]) -> tuple[Item, ...]:
    """Collect segments, or what becomes at least one each. Raises TranscriptTooLong."""
    found = tuple(islice(items, MOST_SEGMENTS + 1))
    if len(found) > MOST_SEGMENTS:
        raise TranscriptTooLong(
            f"the transcript has more than {MOST_SEGMENTS:,} passages: split the document"
        )
    return found
