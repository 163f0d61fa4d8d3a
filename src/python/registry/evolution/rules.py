"""What a schema accepts, in one normal form: a choice between conjunctions of plain rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from registry.evolution.values import has_type


@dataclass(frozen=True, slots=True)
class Bound:
    """A keyword that sets a bound: below or above, and for values of which types."""

    lower: bool
    types: tuple[str, ...]

    def tightest(self, *values: float) -> float:
        """Return the value that rules out most."""
        return max(values) if self.lower else min(values)


BOUNDS: Mapping[str, Bound] = MappingProxyType(
    {
        "minimum": Bound(True, ("integer", "number")),
        "exclusiveMinimum": Bound(True, ("integer", "number")),
        "maximum": Bound(False, ("integer", "number")),
        "exclusiveMaximum": Bound(False, ("integer", "number")),
        "minLength": Bound(True, ("string",)),
        "maxLength": Bound(False, ("string",)),
        "minItems": Bound(True, ("array",)),
        "maxItems": Bound(False, ("array",)),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """The values that one schema accepts: those of any alternative.

    `notes` are the annotations, and `file` the document where the schema stands when that is
    another one than its parent's; neither has a part in equality.
    """

    alternatives: tuple["Alternative", ...]
    notes: Mapping[str, Any] = field(default_factory=dict, compare=False)
    file: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """A conjunction of rules; a rule that is absent accepts everything.

    `values` holds the values of enum and const as canonical JSON, `unknown` the keywords that the
    comparison does not understand, with their canonical JSON.
    """

    type: str | None = None
    values: frozenset[str] | None = None
    bounds: Mapping[str, float] = field(default_factory=dict)
    patterns: frozenset[str] = frozenset()
    formats: frozenset[str] = frozenset()
    unique: bool = False
    items: Node | None = None
    properties: Mapping[str, Node] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    closed: bool = False
    unknown: frozenset[tuple[str, str]] = frozenset()
    notes: Mapping[str, Any] = field(default_factory=dict, compare=False)


ANYTHING = Node(alternatives=(Alternative(),))
NEVER = Node(alternatives=())


def conjunction(left: Node, right: Node) -> Node:
    """Return what both accept; the annotations of `left` win."""
    return Node(
        alternatives=tuple(
            merged
            for one in left.alternatives
            for other in right.alternatives
            if (merged := _merged(one, other)) is not None
        ),
        notes={**right.notes, **left.notes},
        file=left.file or right.file,
    )


def choice(nodes: Iterable[Node]) -> Node:
    """Return what at least one of them accepts."""
    return Node(
        alternatives=tuple(
            replace(alternative, notes={**node.notes, **alternative.notes})
            for node in nodes
            for alternative in node.alternatives
        )
    )


def _merged(one: Alternative, other: Alternative) -> Alternative | None:
    types = {one.type, other.type} - {None}
    if types == {"integer", "number"}:
        types = {"integer"}
    if len(types) > 1:
        return None
    bounds = {**one.bounds, **other.bounds}
    for keyword in one.bounds.keys() & other.bounds.keys():
        bounds[keyword] = BOUNDS[keyword].tightest(one.bounds[keyword], other.bounds[keyword])
    return tidy(
        Alternative(
            type=next(iter(types), None),
            values=_common(one.values, other.values),
            bounds=bounds,
            patterns=one.patterns | other.patterns,
            formats=one.formats | other.formats,
            unique=one.unique or other.unique,
            items=_both(one.items, other.items),
            properties=_fields(one, other),
            required=one.required | other.required,
            closed=one.closed or other.closed,
            unknown=one.unknown | other.unknown,
            notes={**other.notes, **one.notes},
        )
    )


def _common(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _both(one: Node | None, other: Node | None) -> Node | None:
    if one is None or other is None:
        return one or other
    return conjunction(one, other)


def _fields(one: Alternative, other: Alternative) -> Mapping[str, Node]:
    """Join the fields; a name that a closed side does not know takes no value at all."""
    names = [*one.properties, *(name for name in other.properties if name not in one.properties)]
    return {name: conjunction(_field(one, name), _field(other, name)) for name in names}


def _field(rules: Alternative, name: str) -> Node:
    return rules.properties.get(name, NEVER if rules.closed else ANYTHING)


def tidy(rules: Alternative) -> Alternative | None:
    """Drop what cannot bear on values of the type; None when no value is left."""
    values = rules.values
    if values is not None and rules.type is not None:
        values = frozenset(value for value in values if has_type(value, rules.type))
    if values is not None and not values:
        return None
    if rules.type is None:
        return replace(rules, values=values)
    text, array, thing = (rules.type == name for name in ("string", "array", "object"))
    return replace(
        rules,
        values=values,
        bounds={
            name: value for name, value in rules.bounds.items() if rules.type in BOUNDS[name].types
        },
        patterns=rules.patterns if text else frozenset(),
        formats=rules.formats if text else frozenset(),
        unique=rules.unique and array,
        items=rules.items if array else None,
        properties=rules.properties if thing else {},
        required=rules.required if thing else frozenset(),
        closed=rules.closed and thing,
    )
