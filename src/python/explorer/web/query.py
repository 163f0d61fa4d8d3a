"""The filter in a page's query string: what was typed, what it means, or what is wrong with it."""

import re
from dataclasses import dataclass
from datetime import datetime

from explorer.filter import EVERYTHING, Condition, Expression, FilterError, condition, parse
from explorer.index import Index
from explorer.statistics.selection import Selection

PLAIN = re.compile(r"[A-Za-z0-9_.:-]*[A-Za-z0-9_]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What somebody typed. Where it cannot be read, `error` says why, and nothing passes."""

    text: str
    expression: Expression
    now: datetime
    error: FilterError | None = None

    @property
    def condition(self) -> Condition:
        """The filter as SQL."""
        return Condition(sql="false") if self.error else condition(self.expression, self.now)

    def selection(self, index: Index) -> Selection:
        """Return the events of the index that pass."""
        return Selection(index=index, expression=self.expression, now=self.now)


def read_query(text: str, now: datetime) -> Query:
    """Read a filter."""
    try:
        return Query(text=text, expression=parse(text), now=now)
    except FilterError as error:
        return Query(text=text, expression=EVERYTHING, now=now, error=error)


def written(**fields: str | None) -> str:
    """Write a filter that wants all these values."""
    return " ".join(f"{name}:{_value(value)}" for name, value in fields.items() if value)


def _value(value: str) -> str:
    if PLAIN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
