"""Cuts the text of a filter into tokens, and the values of a term into values."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from explorer.filter.error import FilterError

SIGNS = "()"
SEPARATORS = ",|"
ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A parenthesis, a minus, or a term, and the column where it begins."""

    text: str
    column: int


def tokens(text: str) -> list[Token]:
    """Return the tokens. Raises FilterError for an open quote, or what is no text at all."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise FilterError(
            text,
            column=error.start,
            length=1,
            problem="This is no character.",
            hint="Write the filter in UTF-8.",
        ) from error
    return list(_tokens(text))


def unquoted(text: str, token: Token) -> tuple[str, bool]:
    """Return a value without its quotes, and whether it had any. Raises FilterError."""
    raw = token.text
    if '"' not in raw:
        return raw, False
    if raw[0] != '"' or _closing(text, token.column) != token.column + len(raw):
        raise FilterError(
            text,
            column=token.column,
            length=len(raw),
            problem="Quotes go around a whole value.",
            hint='Write "…" around all of it, and \\" for a quote inside.',
        )
    return ESCAPED.sub(r"\1", raw[1:-1]), True


def listed(text: str, values: Token) -> Iterator[Token]:
    """Yield the values of a term, which commas or bars separate."""
    position = begin = values.column
    end = values.column + len(values.text)
    while position < end:
        if text[position] == '"':
            position = _closing(text, position)
            continue
        if text[position] in SEPARATORS:
            yield Token(text=text[begin:position], column=begin)
            begin = position + 1
        position += 1
    yield Token(text=text[begin:end], column=begin)


def _tokens(text: str) -> Iterator[Token]:
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
        elif text[position] in "()-":
            yield Token(text=text[position], column=position)
            position += 1
        else:
            end = _end(text, position)
            yield Token(text=text[position:end], column=position)
            position = end


def _end(text: str, position: int) -> int:
    """Return where a term ends: at the first space or parenthesis that is not quoted."""
    while position < len(text) and not text[position].isspace() and text[position] not in SIGNS:
        position = _closing(text, position) if text[position] == '"' else position + 1
    return position


def _closing(text: str, opening: int) -> int:
    """Return the position after the quote that closes the one at `opening`."""
    position = opening + 1
    while position < len(text):
        if text[position] == '"':
            return position + 1
        position += 2 if text[position] == "\\" else 1
    raise FilterError(
        text,
        column=opening,
        length=1,
        problem="Nothing closes this quote.",
        hint='Write " where the value ends, and \\" for a quote inside it.',
    )
