"""Reads the text of a filter. docs/explorer-commands.md has the grammar."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from explorer.filter.error import FilterError
from explorer.filter.expression import All, Either, Expression, Mentions, Not
from explorer.filter.term import pattern_of, term
from explorer.filter.token import Token, tokens

MOST_CHARACTERS = 2_000
MOST_DEPTH = 40
FIELD = re.compile(r"([A-Za-z_][A-Za-z0-9_.]*)(!=|>=|<=|[:=<>])")


def parse(text: str) -> Expression:
    """Return what a filter says. Raises FilterError, which points at the place, and only that."""
    if len(text) > MOST_CHARACTERS:
        raise FilterError(
            text,
            column=MOST_CHARACTERS,
            length=1,
            problem=f"A filter has at most {MOST_CHARACTERS:,} characters.",
            hint="Use * for several values of one kind.",
        )
    return _Reader(text=text, tokens=tokens(text)).everything()


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Takes tokens one by one, and knows how deep it is in parentheses."""

    text: str
    tokens: Sequence[Token]
    position: int = 0
    depth: int = 0

    def everything(self) -> Expression:
        if not self.tokens:
            return All(())
        read = self.either()
        if token := self.next():
            raise self.error(
                token, "There is no ( that this ) closes.", "Leave it out, or quote it."
            )
        return read

    def either(self) -> Expression:
        parts = [self.all()]
        while (token := self.next()) and token.text == "OR":
            self.position += 1
            parts.append(self.all())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def all(self) -> Expression:
        parts = [self.one()]
        while (token := self.next()) and token.text not in (")", "OR"):
            self.position += token.text == "AND"
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def one(self) -> Expression:
        token = self.next()
        if token is None or token.text in (")", "OR", "AND"):
            raise self.missing(token)
        self.position += 1
        if token.text == "-":
            return Not(self.deeper(token, self.one))
        if token.text != "(":
            return self.single(token)
        inner = self.deeper(token, self.either)
        if self.next() is None:
            raise self.error(token, "Nothing closes this (.", "Write ) where it ends.")
        self.position += 1
        return inner

    def deeper(self, token: Token, read: Callable[[], Expression]) -> Expression:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise self.error(token, f"This is nested more than {MOST_DEPTH} deep.", "Simplify it.")
        inner = read()
        self.depth -= 1
        return inner

    def single(self, token: Token) -> Expression:
        if compared := FIELD.match(token.text):
            return term(self.text, token, compared)
        return Mentions(pattern_of(self.text, token, lower=True))

    def next(self) -> Token | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def missing(self, token: Token | None) -> FilterError:
        place = token or Token(text="", column=len(self.text))
        before = self.tokens[self.position - 1].text if self.position else ""
        after = f" after {before}" if before in ("OR", "AND", "-", "(") else ""
        hint = "Write a term such as layer_name:sentiment; quote the word to search for it."
        return self.error(place, f"Something to look for is missing{after}.", hint)

    def error(self, token: Token, problem: str, hint: str) -> FilterError:
        return FilterError(
            self.text, column=token.column, length=len(token.text), problem=problem, hint=hint
        )
