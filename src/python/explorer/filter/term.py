"""Reads one term of a filter, such as `latency_ms>500`, by what the contracts say of its field."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from explorer.filter.error import FilterError
from explorer.filter.expression import (
    Ago,
    Compared,
    Either,
    Expression,
    Like,
    Operator,
    Pattern,
    Present,
)
from explorer.filter.field import PREFIX, Field, Kind, fields, nearest
from explorer.filter.moment import read_duration, read_time
from explorer.filter.token import Token, listed, unquoted

BOUNDS = {"since": Operator.GREATER_OR_EQUAL, "until": Operator.LESS}
NUMBER = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,2})?")
EXAMPLES = {
    Kind.TEXT: ":…",
    Kind.LIST: ":…",
    Kind.RANKED: ">=warn",
    Kind.NUMBER: ">500",
    Kind.BOOLEAN: ":true",
    Kind.TIME: ">=2026-11-24T12:00:00Z",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Term:
    """A field, an operator and values, and where they stand."""

    text: str
    token: Token
    name: Token
    sign: Token
    values: Token

    def error(self, token: Token, problem: str, hint: str) -> FilterError:
        return FilterError(
            self.text, column=token.column, length=len(token.text), problem=problem, hint=hint
        )


def term(text: str, token: Token, found: re.Match[str]) -> Expression:
    """Return what `field operator values` says. Raises FilterError."""
    name, sign = found.groups()
    told = _Term(
        text=text,
        token=token,
        name=Token(text=name, column=token.column),
        sign=Token(text=sign, column=token.column + len(name)),
        values=Token(text=token.text[found.end() :], column=token.column + found.end()),
    )
    if sign in ("=", "!="):
        better = f"{'-' if sign == '!=' else ''}{name}:{told.values.text}"
        raise told.error(told.sign, f"{sign} is not an operator here.", f"Write {better}")
    if name not in BOUNDS and name not in fields():
        raise _unknown(told)
    if not told.values.text:
        raise told.error(
            told.sign,
            f"No value follows {name}{sign}",
            f"Write it without a space; {name}:* asks whether there is one.",
        )
    if name in BOUNDS:
        return _bound(told)
    field = fields()[name]
    return _ordered(told, field) if sign != ":" else _any_of(told, field)


def pattern_of(text: str, value: Token, *, lower: bool = False) -> Pattern:
    """Return a value as a pattern: * stands for anything, unless it is quoted."""
    plain, quoted = unquoted(text, value)
    plain = plain.lower() if lower else plain
    if quoted:
        return Pattern((plain,))
    return Pattern(tuple(re.split(r"\*+", plain)))


def _unknown(told: _Term) -> FilterError:
    likely = nearest(told.name.text, fields()) or ["layer_name", "latency_ms", "status"]
    return told.error(
        told.name,
        f"No event has a field {told.name.text}.",
        f"Did you mean {' or '.join(likely)}? To search for the text, quote it.",
    )


def _bound(told: _Term) -> Expression:
    if told.sign.text != ":":
        raise told.error(told.sign, f"{told.name.text} takes a :", f"Write {told.name.text}:1h")
    return Compared(fields()["occurred_at"], BOUNDS[told.name.text], _moment(told, told.values))


def _ordered(told: _Term, field: Field) -> Expression:
    if field.kind in (Kind.TEXT, Kind.LIST, Kind.BOOLEAN):
        raise told.error(
            told.sign,
            f"{field.name} is {field.kind.value}, which has no order.",
            f"Write {field.name}:{told.values.text}",
        )
    if len(list(listed(told.text, told.values))) > 1:
        raise told.error(
            told.values,
            f"{told.sign.text} compares with one value.",
            "Only : takes several; join terms by OR in parentheses.",
        )
    return Compared(field, Operator(told.sign.text), _value(told, field, told.values))


def _any_of(told: _Term, field: Field) -> Expression:
    values = list(listed(told.text, told.values))
    for value in values:
        if not value.text:
            raise told.error(
                value, "A value is missing here.", 'Write "" for a text without letters.'
            )
    if any(re.fullmatch(r"\*+", value.text) for value in values):
        return Present(field)
    if field.kind in (Kind.TEXT, Kind.LIST):
        return Like(field, tuple(_patterns(told, field, values)))
    equal = [Compared(field, Operator.EQUAL, _value(told, field, value)) for value in values]
    return equal[0] if len(equal) == 1 else Either(tuple(equal))


def _patterns(told: _Term, field: Field, values: Sequence[Token]) -> Iterator[Pattern]:
    for value in values:
        pattern = pattern_of(told.text, value)
        if field.name == "event_name" and not pattern.parts[0].startswith(PREFIX):
            first = f"{PREFIX}{pattern.parts[0]}" if pattern.parts[0] else ""
            pattern = replace(pattern, parts=(first, *pattern.parts[1:]))
        if len(pattern.parts) == 1 and field.values:
            _known(told, field, value, pattern.parts[0])
        yield pattern


def _value(told: _Term, field: Field, value: Token) -> float | bool | str | datetime | Ago:
    plain, _ = unquoted(told.text, value)
    match field.kind:
        case Kind.NUMBER if NUMBER.fullmatch(plain):
            return float(plain)
        case Kind.BOOLEAN if plain in ("true", "false"):
            return plain == "true"
        case Kind.RANKED:
            return _known(told, field, value, plain)
        case Kind.TIME:
            return _moment(told, value)
    raise told.error(
        value,
        f"{field.name} is {field.kind.value}.",
        f"Write for example {field.name}{EXAMPLES[field.kind]}",
    )


def _known(told: _Term, field: Field, value: Token, plain: str) -> str:
    """Return a value that the contracts allow: any other would quietly find nothing."""
    if plain in field.values:
        return plain
    likely = [each.removeprefix(PREFIX) for each in nearest(plain, field.values)]
    allowed = likely or [each.removeprefix(PREFIX) for each in field.values]
    raise told.error(
        value,
        f"{field.name} never has this value.",
        f"{'Did you mean' if likely else 'It has one of'} {', '.join(allowed)}"
        f"{'?' if likely else '.'}",
    )


def _moment(told: _Term, value: Token) -> datetime | Ago:
    plain, _ = unquoted(told.text, value)
    if (duration := read_duration(plain)) is not None:
        return Ago(duration)
    if (time := read_time(plain)) is not None:
        return time
    raise told.error(
        value,
        "This is neither a duration nor a time.",
        "Write 90s, 15m, 1h or 7d, or a time (in UTC unless it says otherwise) like"
        " 2026-11-24, 2026-11-24T12:00:00Z or 2026-11-24T13:00:00+01:00.",
    )
