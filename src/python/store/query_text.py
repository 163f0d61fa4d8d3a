"""What people type into a search box, taken apart."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_TERM = re.compile(r'(?P<without>-)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryText:
    """A query: words, of which a passage should have many, and conditions, which it has to meet."""

    words: str
    conditions: str

    @classmethod
    def read(cls, text: str) -> "QueryText":
        """Read words, `"phrases"` that a passage must hold, and `-words` that it must not hold.

        The conditions are in the language of PostgreSQL's `websearch_to_tsquery`. Never raises.
        """
        words: list[str] = []
        conditions: list[str] = []
        for term in _TERM.finditer(text):
            phrase, wanted = term["phrase"], not term["without"]
            if phrase is not None or not wanted:
                conditions.append(
                    f'{"" if wanted else "-"}"{term["word"] if phrase is None else phrase}"'
                )
            if wanted:
                words.append(term["word"] if phrase is None else phrase)
        return cls(words=" ".join(words), conditions=" ".join(conditions))


def any_of(lexemes: Sequence[str]) -> str:
    """Return the `tsquery` that a text meets which has one of the lexemes, or more."""
    return " | ".join(map(_quoted, lexemes))


def two_of(lexemes: Sequence[str]) -> str:
    """Return the `tsquery` that a text meets which has two of the lexemes, or more.

    There is one of both in each half, or there are two in one half.
    """
    if len(lexemes) < 2:
        return ""
    halves = lexemes[: len(lexemes) // 2], lexemes[len(lexemes) // 2 :]
    one_in_each = " & ".join(f"({any_of(half)})" for half in halves)
    return " | ".join(filter(None, [one_in_each, *map(two_of, halves)]))


def _quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"
