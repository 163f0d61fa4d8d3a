"""Text from clients that the database can keep."""

from typing import Annotated

from pydantic import AfterValidator


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not hold a NUL character")
    return text


#: PostgreSQL's text holds any Unicode text but NUL.
StorableText = Annotated[str, AfterValidator(_without_nul)]
