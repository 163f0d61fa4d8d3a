"""Leads from an answer to its story in the explorer, where there is one."""

import os

#: The address of the explorer, `http://127.0.0.1:8001/explorer` for example; `up` sets it.
VARIABLE = "NARRALYTICA_EXPLORER_URL"


def trace_url(identifier: str | None) -> str | None:
    """Return where the explorer tells the story of a request or job; None without an explorer."""
    explorer = os.environ.get(VARIABLE)
    return f"{explorer.rstrip('/')}/trace/{identifier}" if explorer and identifier else None
