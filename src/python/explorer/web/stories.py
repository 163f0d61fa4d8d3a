"""Keeps the last stories that were told, until there is more to tell."""

from collections import OrderedDict
from dataclasses import dataclass

from explorer.index import Index
from explorer.trace.build import build
from explorer.web.timeline import Timeline, timeline

MOST_KEPT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A story on its axis, from so many events."""

    line: Timeline
    events: int


class Stories:
    """Tells the stories of an index. Large ones take a second, and have many pages."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int], Story] = OrderedDict()

    def story(self, identifier: str, lines: int, index: Index) -> Story:
        """Return the story of an id, as it is once the index has taken in so many lines."""
        key = identifier, lines
        story = self._kept.get(key) or _story(index, identifier)
        self._kept[key] = story
        self._kept.move_to_end(key)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return story


def _story(index: Index, identifier: str) -> Story:
    told = index.connected(identifier)
    return Story(line=timeline(build(told)), events=len(told))
