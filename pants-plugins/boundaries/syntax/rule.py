"""What a rule is, and what it has to say."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from boundaries.syntax.configuration import Area
from boundaries.syntax.source import Source

EVERYWHERE = frozenset(Area)
OUTSIDE = EVERYWHERE - {Area.FACADE, Area.SINKS}
PRODUCT = OUTSIDE - {Area.TEST, Area.PEER}


class Fault(NamedTuple):
    """A place that breaks a rule, and in what way; without a node it is the file as a whole."""

    node: ast.AST | None
    message: str


Check = Callable[[Source], Iterator[Fault]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule, for reports and for the documentation."""

    id: str
    why: str
    instead: str
    where: frozenset[Area]
    check: Check


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One broken rule; line and column count from 1, the column in characters."""

    path: str
    line: int
    column: int
    rule: str
    message: str
    advice: str
