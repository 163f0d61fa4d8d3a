"""What the pictures show of the graph: boxes, and the arrows that say the most."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from architecture.graph import Edges, Graph

Kind = Literal["command", "service", "shared", "contracts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One box: a part, or parts of one folder that are started and known in the same way."""

    name: str
    kind: Kind
    purpose: str
    inner: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxes:
    """All boxes, and the arrows between them, without those that follow from others."""

    boxes: Mapping[str, Box]
    arrows: Edges
    started: frozenset[tuple[str, str]]
    """Arrows that no import makes: a program that is started, data that is read."""


def boxes_of(graph: Graph) -> Boxes:
    """Choose what to show: the services of one folder share a box, and are named in it."""
    imported = frozenset().union(*graph.imported.values())
    given = frozenset().union(*graph.given.values())
    box_of = {
        part: part.partition("/")[0] if part in given - imported else part
        for part in graph.purposes
    }
    parts: dict[str, list[str]] = {}
    for part, box in box_of.items():
        parts.setdefault(box, []).append(part)
    small = Graph(
        purposes={box: graph.purposes[box] for box in parts},
        allowed={},
        imported=_joined(graph.imported, box_of),
        given=_joined(graph.given, box_of),
        libraries_allowed={},
        libraries_used={},
    )
    started = frozenset(
        (box, end)
        for box, ends in small.direct.items()
        for end in ends
        if end not in small.imported[box]
    )
    boxes = {
        box: Box(
            name=box,
            kind=_kind(box, small, given),
            purpose=small.purposes[box],
            inner=tuple(sorted(part.rpartition("/")[2] for part in parts[box] if part != box)),
        )
        for box in small.parts
    }
    return Boxes(boxes=boxes, arrows=small.direct, started=started)


def _joined(edges: Edges, box_of: Mapping[str, str]) -> Edges:
    joined: dict[str, set[str]] = {box: set() for box in box_of.values()}
    for part, ends in edges.items():
        joined[box_of[part]] |= {box_of[end] for end in ends} - {box_of[part]}
    return {box: frozenset(ends) for box, ends in joined.items()}


def _kind(box: str, graph: Graph, given: frozenset[str]) -> Kind:
    users = [user for user, ends in graph.used.items() if box in ends]
    if box == "contracts":
        return "contracts"
    if box in given or any(part.startswith(f"{box}/") for part in given):
        return "service"
    is_top = all(not any(user in ends for ends in graph.used.values()) for user in users)
    return "command" if is_top else "shared"
