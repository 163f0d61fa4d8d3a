"""A parsed filter, as immutable values. What it means is told by `predicate` and `condition`."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from explorer.filter.field import Field


class Operator(Enum):
    """How a value is compared with what the filter says."""

    EQUAL = "="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    LESS = "<"
    LESS_OR_EQUAL = "<="


@dataclass(frozen=True, slots=True)
class Pattern:
    """Text with gaps: anything may stand between two parts. One part alone is the whole text."""

    parts: tuple[str, ...]

    def matches(self, text: str) -> bool:
        """Tell whether the whole text is like this, in time linear in its length."""
        first, *rest = self.parts
        if not rest:
            return text == first
        last = rest.pop()
        if len(text) < len(first) + len(last) or not text.startswith(first):
            return False
        position, end = len(first), len(text) - len(last)
        for part in rest:
            found = text.find(part, position, end)
            if found < 0:
                return False
            position = found + len(part)
        return text.endswith(last)


@dataclass(frozen=True, slots=True)
class Ago:
    """A moment that is counted back from whenever the filter is used."""

    duration: timedelta


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; without parts, always."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part holds."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The other does not hold; so it holds for an event that lacks the field."""

    part: "Expression"


@dataclass(frozen=True, slots=True)
class Present:
    """The event has the field."""

    field: Field


@dataclass(frozen=True, slots=True)
class Like:
    """A text field (for a list: one of its entries) is like one of the patterns."""

    field: Field
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """A number, a time, a truth or a ranked text compares with a value as the operator says."""

    field: Field
    operator: Operator
    value: float | bool | str | datetime | Ago


@dataclass(frozen=True, slots=True)
class Mentions:
    """The event's name, error type or message contains the text, or one of its ids begins so.

    The pattern is in lower case, and whether letters are large does not matter.
    """

    pattern: Pattern


Expression = All | Either | Not | Present | Like | Compared | Mentions

#: The filter that lets everything through.
EVERYTHING = All(())

MENTIONING = ("event_name", "error_type", "error_message")
MENTIONED_IDS = ("event_id", "request_id", "job_id", "job_run_id", "trace_id", "span_id")


def moment(value: datetime | Ago, now: datetime) -> datetime:
    """Return the time that is meant, in UTC."""
    return (now - value.duration if isinstance(value, Ago) else value).astimezone(UTC)


def ranks(field: Field, operator: Operator, value: str) -> tuple[str, ...]:
    """Return the values of a ranked field that compare with `value` as the operator says."""
    at = field.values.index(value)
    below, above = field.values[:at], field.values[at + 1 :]
    return {
        Operator.EQUAL: (value,),
        Operator.GREATER: above,
        Operator.GREATER_OR_EQUAL: (value, *above),
        Operator.LESS: below,
        Operator.LESS_OR_EQUAL: (*below, value),
    }[operator]
