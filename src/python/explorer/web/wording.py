"""How pages write times, lengths, numbers and names."""

from datetime import UTC, datetime, timedelta

from explorer.trace.waterfall import duration

#: A value of more characters is cut off, where it is not shown as a whole.
LONGEST = 400
PREFIX = "narralytica."
HOUR_S, DAY_S = 3_600, 86_400


def clock(moment: datetime) -> str:
    """Return the time of day (UTC) to the millisecond."""
    return f"{_utc(moment):%H:%M:%S.%f}"[:-3]


def day(moment: datetime) -> str:
    """Return the date (UTC)."""
    return f"{_utc(moment):%Y-%m-%d}"


def moment(moment: datetime) -> str:
    """Return date and time (UTC), as RFC 3339 has it."""
    return _utc(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ago(moment: datetime, now: datetime) -> str:
    """Return how long ago a moment was, roughly."""
    seconds = (_utc(now) - _utc(moment)).total_seconds()
    for unit, long in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * long:
            return f"{seconds // long:.0f} {unit} ago"
    return f"{max(seconds, 0):.0f} s ago"


def axis(moment: datetime, step: timedelta) -> str:
    """Return a time for the end of an axis in such steps: no finer than they are."""
    if step.total_seconds() >= DAY_S / 4:
        return day(moment)
    return (
        f"{_utc(moment):%H:%M}"
        if step.total_seconds() >= HOUR_S / 12
        else f"{_utc(moment):%H:%M:%S}"
    )


def when(moment: datetime, now: datetime) -> str:
    """Return how long ago a moment of this day was, of an earlier one date and time (UTC)."""
    recent = (_utc(now) - _utc(moment)).total_seconds() < DAY_S
    return ago(moment, now) if recent else f"{_utc(moment):%Y-%m-%d %H:%M:%S}"


def took(milliseconds: float | None) -> str:
    """Return a time with its unit; a dash for none."""
    return "–" if milliseconds is None else duration(milliseconds / 1000)


def tick(seconds: float) -> str:
    """Return a round time with its unit."""
    for unit, long in (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0), ("s", 1.0), ("ms", 1e-3)):
        if seconds >= long * (1 - 1e-9):
            return f"{seconds / long:.4g} {unit}"
    return f"{seconds * 1e6:.4g} µs" if seconds > 0 else "0"


def count(number: int) -> str:
    """Return a number with its thousands set apart."""
    return f"{number:,}"


def name(event_name: str) -> str:
    """Return an event's name without what all of them begin with."""
    return event_name.removeprefix(PREFIX)


def short(identifier: str) -> str:
    """Return enough of an id to tell it from its neighbours: their beginnings are a time."""
    return f"…{identifier[-8:]}" if len(identifier) > 12 else identifier


def _utc(moment: datetime) -> datetime:
    """Read a time without a zone as the index has it: in UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
