"""The search for transitive leaks over the whole repository: one finding for each way around."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pants.backend.python.target_types import PythonSourceField
from pants.engine.addresses import Address, Addresses
from pants.engine.internals.dep_rules import DependencyRuleApplication
from pants.engine.rules import Get, MultiGet, collect_rules, rule
from pants.engine.target import (
    AllTargets,
    DependenciesRuleApplication,
    DependenciesRuleApplicationRequest,
)
from pants.util.frozendict import FrozenDict

from boundaries.edges import Edge, Edges, EdgesRequest
from boundaries.findings import Finding
from boundaries.grants import Verdict, is_denied
from boundaries.leaks import chain, reached

LEAK = "transitive-leak"


@dataclass(frozen=True)
class CodeGraph:
    """What each Python target of the repository depends on, among the others, and by which line."""

    edges: FrozenDict[Address, FrozenDict[Address, Edge]]


@dataclass(frozen=True)
class Leak:
    """A chain that leads where its start may not go, and what to say of it."""

    chain: tuple[Address, ...]
    finding: Finding


@dataclass(frozen=True)
class Leaks:
    """All leaks of the repository, the shortest chain for each pair of places."""

    leaks: tuple[Leak, ...]


@rule
async def code_graph(targets: AllTargets) -> CodeGraph:
    """Joins the edges of all Python targets; a target generator stands for what it generates."""
    code = [target.address for target in targets if target.has_field(PythonSourceField)]
    found = await MultiGet(Get(Edges, EdgesRequest(address)) for address in code)
    generated: defaultdict[Address, list[Address]] = defaultdict(list)
    for address in code:
        generated[address.maybe_convert_to_target_generator()].append(address)
        generated[address] = [address]
    return CodeGraph(
        FrozenDict(
            {
                origin: FrozenDict(
                    {
                        end: edge
                        for edge in edges.edges
                        for end in generated.get(edge.dependency, ())
                        if end != origin
                    }
                )
                for origin, edges in zip(code, found)
            }
        )
    )


@rule
async def find_leaks(graph: CodeGraph) -> Leaks:
    """Judges what each target reaches as if it depended on it."""
    ways = {start: reached(graph.edges, start) for start in graph.edges}
    applications = await MultiGet(
        Get(
            DependenciesRuleApplication,
            DependenciesRuleApplicationRequest(
                start, Addresses(sorted({start, *way})), description_of_origin="boundaries"
            ),
        )
        for start, way in ways.items()
    )
    verdicts = {each.address: each.dependencies_rule for each in applications if each.address}
    groups = {address: _group(judged[address]) for address, judged in verdicts.items()}
    shortest: dict[tuple[str, str], Leak] = {}
    for start, judged in verdicts.items():
        for end, verdict in judged.items():
            if end == start or not is_denied(verdict):
                continue
            way = chain(ways[start], start, end)
            if groups[start] in (groups[way[1]], groups[way[-2]]) or is_denied(judged[way[1]]):
                continue  # its own group crosses a boundary directly, and is told so
            leak = Leak(way, _finding(way, verdict, graph.edges))
            pair = groups[start], groups[end]
            shortest[pair] = min(shortest.get(pair, leak), leak, key=_length)
    return Leaks(tuple(shortest.values()))


def _length(leak: Leak) -> tuple[int, Finding]:
    return len(leak.chain), leak.finding


def _group(verdict: DependencyRuleApplication) -> str:
    return verdict.group if isinstance(verdict, Verdict) else ""


def _finding(
    way: tuple[Address, ...], verdict: Verdict, edges: Mapping[Address, Mapping[Address, Edge]]
) -> Finding:
    links = [edges[origin][end] for origin, end in zip(way, way[1:])]
    lines = "\n".join(f"  {link.place}: {link.deed}" for link in links)
    return Finding(
        links[0].place,
        LEAK,
        f"reaches {way[-1]}, which it may not depend on:\n{lines}\nrule: {verdict.rule}",
        verdict.advice or "Cut the chain: move what both ends need to where both may reach it.",
    )


def rules() -> Iterable[Any]:
    """Returns what finds leaks."""
    return collect_rules()
