"""An index over event lines: brought up to date when it is opened, and asked by SQL and by id."""

from explorer.index.connected import Match
from explorer.index.files import FileCoverage
from explorer.index.filling import Progress
from explorer.index.index import Index, LineGone, QueryError
from explorer.index.kept import IndexBusy

__all__ = ["FileCoverage", "Index", "IndexBusy", "LineGone", "Match", "Progress", "QueryError"]
