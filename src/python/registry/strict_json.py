"""Reads JSON as RFC 8259 has it, where Python would take more."""

import json
from typing import Any, NoReturn


def strict_json(text: str | bytes) -> Any:
    """Return the value that `text` holds.

    Raises ValueError for what is not JSON, NaN and the infinities included, and RecursionError.
    """
    return json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")
