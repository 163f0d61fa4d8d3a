"""What one can ask on the terminal, besides `check` and `trace`."""

from explorer.commands.diff import diff
from explorer.commands.errors import errors
from explorer.commands.query import query
from explorer.commands.slow import slow
from explorer.commands.stats import stats
from explorer.commands.tail import tail

__all__ = ["diff", "errors", "query", "slow", "stats", "tail"]
