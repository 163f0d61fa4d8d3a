"""A filter as a function, for events one by one. `condition` says the same in SQL."""

import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from explorer.filter.expression import (
    MENTIONED_IDS,
    MENTIONING,
    Ago,
    All,
    Compared,
    Either,
    Expression,
    Like,
    Mentions,
    Not,
    Operator,
    Pattern,
    Present,
    moment,
    ranks,
)
from explorer.filter.field import Field, Place, fields

Event = Mapping[str, Any]
Predicate = Callable[[Event], bool]

COMPARE: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQUAL: operator.eq,
    Operator.GREATER: operator.gt,
    Operator.GREATER_OR_EQUAL: operator.ge,
    Operator.LESS: operator.lt,
    Operator.LESS_OR_EQUAL: operator.le,
}


def predicate(expression: Expression, now: datetime) -> Predicate:
    """Return a function that tells of a valid event, as decoded from its line, whether it passes.

    Times like `1h` are counted back from `now`.
    """
    match expression:
        case All(parts):
            every = [predicate(part, now) for part in parts]
            return lambda event: all(each(event) for each in every)
        case Either(parts):
            some = [predicate(part, now) for part in parts]
            return lambda event: any(each(event) for each in some)
        case Not(part):
            inner = predicate(part, now)
            return lambda event: not inner(event)
        case Present(field):
            return lambda event: value_of(event, field) is not None
        case Like(field, patterns):
            return lambda event: _like(value_of(event, field), patterns)
        case Mentions(pattern):
            return _mentions(pattern)
        case Compared():
            return _compared(expression, now)


def value_of(event: Event, field: Field) -> Any:
    """Return what an event says under a field; None where it says nothing."""
    match field.place:
        case Place.ENVELOPE:
            return event.get(field.name)
        case Place.NAME:
            return event["event_name"].split(".")[1 if field.name == "area" else -1]
        case Place.CORRELATION | Place.ACTOR | Place.PAYLOAD:
            return event[field.place.value].get(field.name)


def _like(value: Any, patterns: tuple[Pattern, ...]) -> bool:
    texts = value if isinstance(value, list) else () if value is None else (value,)
    return any(pattern.matches(text) for text in texts for pattern in patterns)


def _mentions(pattern: Pattern) -> Predicate:
    inside = Pattern(("", *pattern.parts, ""))
    beginning = Pattern((*pattern.parts, ""))
    known = fields()
    names = [(known[name], inside) for name in MENTIONING]
    ids = [(known[name], beginning) for name in MENTIONED_IDS]

    def mentions(event: Event) -> bool:
        told = ((value_of(event, field), wanted) for field, wanted in (*names, *ids))
        return any(wanted.matches(value.lower()) for value, wanted in told if value is not None)

    return mentions


def _compared(compared: Compared, now: datetime) -> Predicate:
    field, compare, value = compared.field, COMPARE[compared.operator], compared.value
    if isinstance(value, str):
        good = ranks(field, compared.operator, value)
        return lambda event: value_of(event, field) in good
    if isinstance(value, datetime | Ago):
        wanted = moment(value, now)
        return lambda event: (
            (told := value_of(event, field)) is not None
            and compare(datetime.fromisoformat(told), wanted)
        )
    return lambda event: (told := value_of(event, field)) is not None and compare(told, value)
