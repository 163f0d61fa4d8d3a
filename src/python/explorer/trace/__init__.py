"""From one id to the whole story."""

from explorer.trace.command import trace
from explorer.trace.waterfall import story_rows

__all__ = ["story_rows", "trace"]
