"""Settings of a worker, as its environment gives them."""

import math
from collections.abc import Mapping


class InvalidSetting(ValueError):
    """A setting that cannot be used; the message names the variable and what it takes."""


def seconds(
    environment: Mapping[str, str], name: str, usual: float, *, most: float = math.inf
) -> float:
    """Return the seconds that the variable `name` gives, or the usual. Raises InvalidSetting."""
    given = environment.get(name)
    if not given:
        return usual
    try:
        number = float(given)
    except ValueError:
        number = math.nan
    if not (0 < number < math.inf and number <= most):
        limit = "" if most == math.inf else f" and at most {most:g}"
        raise InvalidSetting(f"{name} must be a number of seconds above 0{limit}, not {given!r}")
    return number
