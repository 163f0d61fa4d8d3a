"""Text from clients: what the database can keep, and what people can read."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

# Control characters, line separators, and what turns the direction of the text after it.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]")
_SPACES = re.compile(r"\s+")


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not hold a NUL character")
    return text


#: PostgreSQL's text holds any Unicode text but NUL.
StorableText = Annotated[
    str, AfterValidator(_without_nul), Field(json_schema_extra={"pattern": r"^[^\u0000]*$"})
]


def shown(text: str, *, longest: int) -> str:
    """Return a text as one line that says what it seems to: without what nobody sees, cut."""
    return _SPACES.sub(" ", _UNSEEN.sub(" ", text)).strip()[:longest]
