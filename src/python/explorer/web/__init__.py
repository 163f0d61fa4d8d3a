"""The explorer's web page: events, stories, errors, latencies, for people with a browser."""

from explorer.web.command import explore_command

__all__ = ["explore_command"]
