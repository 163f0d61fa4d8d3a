"""The graph as a Mermaid flowchart, which code hosts draw."""

from collections.abc import Iterator

from architecture.boxes import Box, boxes_of
from architecture.graph import Graph

# Fill and stroke; the picture in SVG has the same.
COLOURS = {
    "command": ("#f3f0ff", "#7c5cd6"),
    "service": ("#e8f3ff", "#2f7bc4"),
    "shared": ("#eaf7f0", "#2e8b62"),
    "contracts": ("#fff6de", "#b98900"),
}


def as_mermaid(graph: Graph) -> str:
    """Return the flowchart: solid arrows are imports, dotted ones are started or read."""
    return "\n".join(_lines(graph)) + "\n"


def _lines(graph: Graph) -> Iterator[str]:
    shown = boxes_of(graph)
    yield "flowchart TB"
    for box in shown.boxes.values():
        yield f'  {_id(box.name)}["{_label(box)}"]:::{box.kind}'
    for name in shown.boxes:
        for end in sorted(shown.arrows[name]):
            arrow = "-.->" if (name, end) in shown.started else "-->"
            yield f"  {_id(name)} {arrow} {_id(end)}"
    for kind, (fill, stroke) in COLOURS.items():
        yield f"  classDef {kind} fill:{fill},stroke:{stroke},color:#1b2430"


def _id(name: str) -> str:
    return name.replace("/", "_")


def _label(box: Box) -> str:
    inner = f"<br/>{', '.join(box.inner)}" if box.inner else ""
    return f"<b>{box.name}</b>{inner}"
