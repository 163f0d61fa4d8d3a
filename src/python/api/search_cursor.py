"""Where the next page of a search begins, as text that a client hands back."""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import NamedTuple
from uuid import UUID

from pydantic import FiniteFloat, TypeAdapter

from store.search import Rank


class ForeignCursor(ValueError):
    """The text is no cursor of this search. The message says what to do."""


class _Cursor(NamedTuple):
    search: str
    score: FiniteFloat
    document_id: UUID
    ordinal: int


_CURSOR = TypeAdapter(_Cursor)


def write_cursor(rank: Rank, search: str) -> str:
    """Return the cursor behind `rank`; `search` is what the client asked for, in one form."""
    cursor = _Cursor(_digest(search), rank.score, UUID(rank.document_id), rank.ordinal)
    return urlsafe_b64encode(_CURSOR.dump_json(cursor)).decode()


def read_cursor(text: str, search: str) -> Rank:
    """Return where the cursor points. Raises ForeignCursor."""
    try:
        cursor = _CURSOR.validate_json(urlsafe_b64decode(text))
    except ValueError:
        raise ForeignCursor("it is none: give a next_cursor as it was answered") from None
    if cursor.search != _digest(search):
        raise ForeignCursor("it continues another search: repeat all parameters but limit")
    return Rank(score=cursor.score, document_id=str(cursor.document_id), ordinal=cursor.ordinal)


def _digest(search: str) -> str:
    return hashlib.sha256(search.encode()).hexdigest()[:16]
