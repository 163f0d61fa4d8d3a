"""Transitive leaks: code that reaches, through imports it may make, code it may not depend on.

Within the repository what must not be imported must not be reached either: if every import of
`a → b → c` is granted and `a → c` is not, then `b` opens a way around the rule. Third-party code is
left out, for to wrap it is what much of the code is for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import TypeVar

Node = TypeVar("Node")


def reached(graph: Mapping[Node, Iterable[Node]], start: Node) -> dict[Node, Node]:
    """Returns all that can be reached from `start`, each with the one before it on a shortest way.

    What `start` depends on directly is on the way, with `start` before it.
    """
    before: dict[Node, Node] = {}
    waiting = deque([start])
    while waiting:
        node = waiting.popleft()
        for following in graph.get(node, ()):
            if following not in before and following != start:
                before[following] = node
                waiting.append(following)
    return before


def chain(before: Mapping[Node, Node], start: Node, end: Node) -> tuple[Node, ...]:
    """Returns the way from `start` to `end` that `before` holds."""
    way = [end]
    while way[-1] != start:
        way.append(before[way[-1]])
    return tuple(reversed(way))
