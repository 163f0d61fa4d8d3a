"""The filter in a page's query string, as a condition on the table `events`."""

from dataclasses import dataclass
from datetime import datetime

from explorer.filter import Condition, FilterError, condition, parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What somebody typed, and what it means: a condition, or what is wrong with it."""

    text: str
    condition: Condition
    error: FilterError | None = None


def read_query(text: str, now: datetime) -> Query:
    """Read a filter. What cannot be read lets nothing through, and says why."""
    try:
        return Query(text=text, condition=condition(parse(text), now))
    except FilterError as error:
        return Query(text=text, condition=Condition(sql="false"), error=error)
