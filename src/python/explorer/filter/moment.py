"""Reads durations (`90s`, `15m`, `1h`, `7d`) and RFC 3339 times."""

import re
from datetime import UTC, datetime, timedelta

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
DURATION = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)([smhd])")
DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
TIME = re.compile(
    rf"{DAY}(?:[Tt ][0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:\.[0-9]{{1,9}})?)?"
    r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?)?"
)
LONGEST = timedelta(days=36_500)


def read_duration(text: str) -> timedelta | None:
    """Return the duration, at most a hundred years; None where the text is none."""
    if not (found := DURATION.fullmatch(text)):
        return None
    amount, unit = found.groups()
    duration = timedelta(**{UNITS[unit]: float(amount)})
    return duration if duration <= LONGEST else None


def read_time(text: str) -> datetime | None:
    """Return the time in UTC, which it is in unless it says otherwise; None where it is none."""
    if not TIME.fullmatch(text):
        return None
    try:
        read = datetime.fromisoformat(text.upper())
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
