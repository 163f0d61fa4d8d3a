"""An index over given lines."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from explorer.filter import parse
from explorer.index import Index
from explorer.statistics.selection import Selection
from tests.unit.explorer.recorded import Line, encoded

#: A moment shortly after the sample stream's end.
NOW = datetime(2026, 1, 1, 0, 1, tzinfo=UTC)


@contextmanager
def indexed(lines: Iterable[Line]) -> Iterator[Index]:
    """Open an index over the lines, which are in one file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "events.jsonl"
        path.write_bytes(b"".join(encoded(list(lines))))
        with Index.open([path], folder=Path(folder) / "index") as index:
            yield index


def selected(index: Index, text: str = "") -> Selection:
    """Return what passes the filter."""
    return Selection(index=index, expression=parse(text), now=NOW)
