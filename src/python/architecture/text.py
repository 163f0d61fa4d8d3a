"""The graph as text, for a terminal."""

from collections.abc import Iterable, Iterator

from architecture.graph import Graph


def as_text(graph: Graph) -> str:
    """Return a paragraph for each part, from the top down."""
    return "\n".join("\n".join(_paragraph(graph, part)) for part in graph.parts)


def _paragraph(graph: Graph, part: str) -> Iterator[str]:
    yield f"{part}: {graph.purposes[part]}"
    yield from _line("imports", graph.imported[part])
    yield from _line("is given", graph.given[part] - graph.imported[part])
    yield from _line("uses without a grant", graph.denied(part))
    yield from _line("may use, and does not", graph.unused(part))
    yield from _line("libraries", graph.libraries_used[part])
    unused = graph.libraries_allowed[part] - graph.libraries_used[part]
    yield from _line("libraries it may use, and does not import", unused)
    yield ""


def _line(label: str, names: Iterable[str]) -> Iterator[str]:
    told = ", ".join(sorted(names))
    if told:
        yield f"  {label}: {told}"
