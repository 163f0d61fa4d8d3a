"""How much one caller may ask, and how much is done at once, as the environment says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from api.access.token_buckets import Rate
from api.settings import InvalidSetting

#: Requests that are limited together.
Group = Literal["search", "ingest", "other"]

_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_RATE = re.compile(r"([1-9][0-9]{0,8})/(second|minute|hour)")
_NUMBER = re.compile(r"[1-9][0-9]{0,5}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A group's limits: the rate of one caller, and how many of all callers go on at once."""

    rate: Rate
    concurrency: int | None = None


#: Generous: they stop what runs away, and hinder nobody who works.
DEFAULTS: Mapping[Group, Limit] = {
    "search": Limit(rate=Rate(requests=30_000, seconds=60), concurrency=64),
    "ingest": Limit(rate=Rate(requests=30_000, seconds=60), concurrency=32),
    "other": Limit(rate=Rate(requests=120_000, seconds=60)),
}


def limits_from(environment: Mapping[str, str]) -> dict[Group, Limit]:
    """Return the limits of every group. Raises InvalidSetting.

    NARRALYTICA_<GROUP>_RATE is a rate such as 600/minute; NARRALYTICA_<GROUP>_CONCURRENCY a number.
    """
    return {group: _limit(environment, group, usual) for group, usual in DEFAULTS.items()}


def _limit(environment: Mapping[str, str], group: Group, usual: Limit) -> Limit:
    beginning = f"NARRALYTICA_{group.upper()}"
    rate, concurrency = usual.rate, usual.concurrency
    if given := environment.get(f"{beginning}_RATE"):
        rate = _rate(f"{beginning}_RATE", given)
    if concurrency is not None and (given := environment.get(f"{beginning}_CONCURRENCY")):
        concurrency = _number(f"{beginning}_CONCURRENCY", given)
    return Limit(rate=rate, concurrency=concurrency)


def _rate(name: str, given: str) -> Rate:
    match = _RATE.fullmatch(given)
    if match is None:
        raise InvalidSetting(
            f"{name} must be a number of requests per second, minute or hour, "
            f"such as 600/minute, not {given!r}"
        )
    return Rate(requests=int(match[1]), seconds=_SECONDS[match[2]])


def _number(name: str, given: str) -> int:
    if not _NUMBER.fullmatch(given):
        raise InvalidSetting(f"{name} must be a number from 1 to 999999, not {given!r}")
    return int(given)
