"""An index over event lines: brought up to date when it is opened, and asked by SQL and by id."""

from explorer.index.index import FileCoverage, Index, Match, Progress

__all__ = ["FileCoverage", "Index", "Match", "Progress"]
