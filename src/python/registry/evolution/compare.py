"""Compares two schemas in normal form, rule by rule: pure functions that yield changes.

Without a breaking change for writers, whatever the old schema accepts the new one accepts too.
Without a breaking change for readers, whatever the new schema accepts an old reader can read: it is
valid under the old schema once unknown fields are allowed there (`tolerant`), or as it stands.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from registry.evolution.change import Change
from registry.evolution.kinds import Kind, Level
from registry.evolution.normal_form import DOCUMENTATION
from registry.evolution.place import Place
from registry.evolution.rules import ANYTHING, BOUNDS, Alternative, Node
from registry.evolution.values import canonical

PATTERN_KINDS = (Kind.PATTERN_ADDED, Kind.PATTERN_REMOVED, Kind.PATTERN_CHANGED)
FORMAT_KINDS = (Kind.FORMAT_ADDED, Kind.FORMAT_REMOVED, Kind.FORMAT_CHANGED)
NOTE_KINDS = {
    "x-sensitivity": Kind.SENSITIVITY_CHANGED,
    "deprecated": Kind.FIELD_DEPRECATION_CHANGED,
}


def compare(old: Node, new: Node, place: Place) -> Iterator[Change]:
    """Yield every change between two schemas."""
    yield from _notes(old.notes, new.notes, place)
    pairs, removed, added = _matched(old.alternatives, new.alternatives)
    for one, other in pairs:
        yield from _alternative(one, other, place)
    old_types = {one.type for one in old.alternatives}
    new_types = {other.type for other in new.alternatives}
    for one in removed:
        if not any(_written(one, other, place) for other in new.alternatives):
            kind = Kind.ALTERNATIVE_REMOVED if one.type in new_types else Kind.TYPE_NARROWED
            yield place.change(kind, _types(old), _types(new))
    for other in added:
        if not any(_readable(one, other, place) for one in old.alternatives):
            kind = Kind.ALTERNATIVE_ADDED if other.type in old_types else Kind.TYPE_WIDENED
            yield place.change(kind, _types(old), _types(new))


Pairs = list[tuple[Alternative, Alternative]]


def _matched(
    old: tuple[Alternative, ...], new: tuple[Alternative, ...]
) -> tuple[Pairs, list[Alternative], list[Alternative]]:
    """Pair each alternative with the one it became: the same, of the same type, or the next."""
    removed, added, pairs = list(old), list(new), list[tuple[Alternative, Alternative]]()
    for like in (_equal, _same_type, _kin, _any):
        for one in tuple(removed):
            other = next((other for other in added if like(one, other)), None)
            if other is not None:
                pairs.append((one, other))
                removed.remove(one)
                added.remove(other)
    return pairs, removed, added


def _equal(one: Alternative, other: Alternative) -> bool:
    return one == other


def _same_type(one: Alternative, other: Alternative) -> bool:
    return one.type == other.type


def _kin(one: Alternative, other: Alternative) -> bool:
    return None in (one.type, other.type) or {one.type, other.type} == {"integer", "number"}


def _any(one: Alternative, other: Alternative) -> bool:
    return True


def _written(one: Alternative, other: Alternative, place: Place) -> bool:
    changes = _alternative(one, other, place)
    return all(change.kind.value.writers < Level.BREAKING for change in changes)


def _readable(one: Alternative, other: Alternative, place: Place) -> bool:
    changes = _alternative(one, other, place)
    return all(change.kind.value.readers < Level.BREAKING for change in changes)


def _types(node: Node) -> str:
    return " or ".join(dict.fromkeys(part.type or "any" for part in node.alternatives)) or "none"


def _alternative(old: Alternative, new: Alternative, place: Place) -> Iterator[Change]:
    """Yield the changes of a conjunction, each rule by itself; that is enough, if not necessary."""
    if old.type != new.type:
        kind = _type_kind(old.type, new.type)
        yield place.change(kind, old.type or "any", new.type or "any")
        if kind is Kind.TYPE_CHANGED:
            return
    yield from _notes(old.notes, new.notes, place)
    yield from _values(old.values, new.values, place)
    yield from _bounds(old, new, place)
    yield from _asserted(old.patterns, new.patterns, place.at("pattern"), PATTERN_KINDS)
    yield from _asserted(old.formats, new.formats, place.at("format"), FORMAT_KINDS)
    if old.unique != new.unique:
        kind = Kind.UNIQUE_ITEMS_ADDED if new.unique else Kind.UNIQUE_ITEMS_REMOVED
        yield place.at("uniqueItems").change(kind)
    if old.items is not None or new.items is not None:
        yield from compare(old.items or ANYTHING, new.items or ANYTHING, place.at("items"))
    yield from _object(old, new, place)
    if old != new:
        for keyword in sorted({name for name, _ in old.unknown | new.unknown}):
            yield place.at(keyword).change(Kind.UNKNOWN_KEYWORD_CHANGED, after=keyword)


def _type_kind(old: str | None, new: str | None) -> Kind:
    if new is None or (old, new) == ("integer", "number"):
        return Kind.TYPE_WIDENED
    if old is None or (old, new) == ("number", "integer"):
        return Kind.TYPE_NARROWED
    return Kind.TYPE_CHANGED


def _notes(old: Mapping[str, Any], new: Mapping[str, Any], place: Place) -> Iterator[Change]:
    said = [key for key in DOCUMENTATION if canonical(old.get(key)) != canonical(new.get(key))]
    if said:
        yield place.change(Kind.DOCUMENTATION_CHANGED, after=", ".join(said))
    for key, kind in NOTE_KINDS.items():
        if old.get(key) != new.get(key):
            yield place.at(key).change(kind, old.get(key), new.get(key))


def _values(
    old: frozenset[str] | None, new: frozenset[str] | None, place: Place
) -> Iterator[Change]:
    if old is None or new is None:
        if old is not None:
            yield place.at("enum").change(Kind.ENUM_REMOVED, before=_listed(old))
        if new is not None:
            yield place.at("enum").change(Kind.ENUM_ADDED, after=_listed(new))
    elif len(old) == len(new) == 1 and old != new:
        yield place.at("const").change(Kind.CONST_CHANGED, _listed(old), _listed(new))
    else:
        for value in sorted(new - old):
            yield place.at("enum").change(Kind.ENUM_VALUE_ADDED, after=value)
        for value in sorted(old - new):
            yield place.at("enum").change(Kind.ENUM_VALUE_REMOVED, before=value)


def _listed(values: frozenset[str]) -> str:
    return ", ".join(sorted(values))


def _bounds(old: Alternative, new: Alternative, place: Place) -> Iterator[Change]:
    for keyword, bound in BOUNDS.items():
        before, after = old.bounds.get(keyword), new.bounds.get(keyword)
        if before == after:
            continue
        tighter = before is None or (after is not None and bound.tightest(before, after) == after)
        kind = Kind.BOUND_TIGHTENED if tighter else Kind.BOUND_LOOSENED
        values = (None if value is None else f"{keyword} {value}" for value in (before, after))
        yield place.at(keyword).change(kind, *values)


def _asserted(
    old: frozenset[str], new: frozenset[str], place: Place, kinds: tuple[Kind, Kind, Kind]
) -> Iterator[Change]:
    """Compare assertions that are either made or not; which includes which is not decided."""
    added, removed, changed = kinds
    if old == new:
        return
    kind = added if old < new else removed if new < old else changed
    yield place.change(kind, _listed(old - new) or None, _listed(new - old) or None)


def _object(old: Alternative, new: Alternative, place: Place) -> Iterator[Change]:
    for name, node in old.properties.items():
        if name in new.properties:
            there = place.field(name, node, new.properties[name])
            yield from compare(node, new.properties[name], there)
        else:
            yield place.field(name, node).change(_removal(name, old, new))
    added = new.properties.keys() - old.properties.keys()
    for name in new.properties:
        if name in added:
            yield from _addition(name, old, new, place)
    for name in sorted(new.required - old.required - added):
        yield place.at("properties", name).change(Kind.FIELD_MADE_REQUIRED)
    for name in sorted(
        old.required - new.required - (old.properties.keys() - new.properties.keys())
    ):
        yield place.at("properties", name).change(Kind.FIELD_MADE_OPTIONAL)
    if old.closed and not new.closed:
        yield place.change(Kind.OBJECT_OPENED if place.tolerant else Kind.MESSAGE_OPENED)
    if new.closed and not old.closed:
        yield place.change(Kind.OBJECT_CLOSED)


def _removal(name: str, old: Alternative, new: Alternative) -> Kind:
    if not new.closed:
        return Kind.FIELD_NO_LONGER_DESCRIBED
    return Kind.FIELD_REMOVED_REQUIRED if name in old.required else Kind.FIELD_REMOVED_OPTIONAL


def _addition(name: str, old: Alternative, new: Alternative, place: Place) -> Iterator[Change]:
    there = place.field(name, new.properties[name])
    if not old.closed:
        yield there.change(Kind.FIELD_ADDED_TO_OPEN_OBJECT)
        return
    if name in new.required:
        yield there.change(Kind.FIELD_ADDED_REQUIRED)
    elif place.tolerant:
        yield there.change(Kind.FIELD_ADDED_OPTIONAL)
    if not place.tolerant:
        yield there.change(Kind.FIELD_ADDED_TO_MESSAGE)
