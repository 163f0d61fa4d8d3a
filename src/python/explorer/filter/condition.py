"""A filter as an SQL condition on the table `events`. `predicate` says the same in Python."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

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
    Pattern,
    Present,
    moment,
    ranks,
)
from explorer.filter.field import Field, Kind, fields
from explorer.index.columns import RENAMED


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """An SQL condition with `?` for each of its parameters; no value is part of the text."""

    sql: str
    parameters: tuple[object, ...] = ()


def condition(expression: Expression, now: datetime) -> Condition:
    """Return what the rows keep that pass the filter; `1h` is counted back from `now`."""
    match expression:
        case All(parts):
            return _joined(" AND ", "true", (condition(part, now) for part in parts))
        case Either(parts):
            return _joined(" OR ", "false", (condition(part, now) for part in parts))
        case Not(part):
            inner = condition(part, now)
            # What SQL does not know, does not hold.
            sql = f"NOT coalesce({inner.sql}, false)"
            return Condition(sql=sql, parameters=inner.parameters)
        case Present(field):
            return Condition(sql=f"{column_of(field)} IS NOT NULL")
        case Like(field, patterns):
            return _like(field, patterns)
        case Mentions(pattern):
            return _joined(" OR ", "false", _mentions(pattern))
        case Compared():
            return _compared(expression, now)


def column_of(field: Field) -> str:
    """Return the SQL expression for what an event says under a field; it may be NULL."""
    if field.kind is Kind.LIST:
        return f"CAST(json_extract(payload, '$.\"{field.name}\"') AS VARCHAR[])"
    return RENAMED.get(field.name, field.name)


def _joined(word: str, empty: str, conditions: Iterable[Condition]) -> Condition:
    told = list(conditions)
    return Condition(
        sql=f"({word.join(each.sql for each in told)})" if told else empty,
        parameters=tuple(value for each in told for value in each.parameters),
    )


def _like(field: Field, patterns: tuple[Pattern, ...]) -> Condition:
    if field.kind is not Kind.LIST:
        return _joined(" OR ", "false", (_matches(column_of(field), each) for each in patterns))
    inner = _joined(" OR ", "false", (_matches("entry", each) for each in patterns))
    sql = f"len(list_filter({column_of(field)}, lambda entry: {inner.sql})) > 0"
    return Condition(sql=sql, parameters=inner.parameters)


def _matches(text: str, pattern: Pattern) -> Condition:
    match pattern.parts:
        case (whole,):
            return Condition(sql=f"{text} = ?", parameters=(whole,))
        case (beginning, ""):
            return Condition(sql=f"starts_with({text}, ?)", parameters=(beginning,))
        case ("", inside, ""):
            return Condition(sql=f"contains({text}, ?)", parameters=(inside,))
        case parts:
            # RE2 takes linear time whatever the pattern, LIKE does not.
            wanted = ".*".join(_literal(part) for part in parts)
            return Condition(sql=f"regexp_full_match({text}, ?, 's')", parameters=(wanted,))


def _literal(text: str) -> str:
    """Write the text as a regular expression that RE2 and Python read alike."""
    return re.sub(r"[^\w\s]", lambda found: f"\\x{{{ord(found[0]):x}}}", text)


def _mentions(pattern: Pattern) -> Iterator[Condition]:
    known = fields()
    for name in MENTIONING:
        yield _matches(f"lower({column_of(known[name])})", Pattern(("", *pattern.parts, "")))
    for name in MENTIONED_IDS:
        yield _matches(column_of(known[name]), Pattern((*pattern.parts, "")))


def _compared(compared: Compared, now: datetime) -> Condition:
    field, value = compared.field, compared.value
    if isinstance(value, str):
        good = ranks(field, compared.operator, value)
        marks = ", ".join("?" for _ in good)
        sql = f"{column_of(field)} IN ({marks})" if good else "false"
        return Condition(sql=sql, parameters=good)
    if isinstance(value, datetime | Ago):
        value = moment(value, now).replace(tzinfo=None)
    return Condition(sql=f"{column_of(field)} {compared.operator.value} ?", parameters=(value,))
