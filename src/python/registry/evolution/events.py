"""Compares the registries' entries, and the payloads behind them."""

from collections.abc import Iterator, Mapping
from typing import Any

from registry.evolution.change import Change
from registry.evolution.compare import compare
from registry.evolution.contract_set import ENVELOPE, REGISTRY, ContractSet, Entry
from registry.evolution.envelope import further_rules
from registry.evolution.kinds import Kind
from registry.evolution.place import Place
from registry.evolution.values import canonical

LISTS = {
    "requires": (Kind.REQUIRED_CORRELATION_ADDED, Kind.REQUIRED_CORRELATION_REMOVED),
    "emitters": (Kind.EMITTER_ADDED, Kind.EMITTER_REMOVED),
}
UNDERSTOOD = (
    *LISTS,
    "event_name",
    "payload",
    "severity",
    "since",
    "deprecated",
    "replaced_by",
)


def compare_events(old: ContractSet, new: ContractSet) -> Iterator[Change]:
    """Yield the changes of every event, removed, kept, renamed or added."""
    renamed = dict(_renamed(old, new))
    for name, entry in old.events.items():
        if name in new.events:
            yield from _kept(name, name, old, new)
        elif name in renamed:
            successor = renamed[name]
            place = _place(successor, new.events[successor]).at("event_name")
            yield place.change(Kind.EVENT_RENAMED, name, successor)
            yield from _kept(name, successor, old, new)
        else:
            deprecated = "deprecated" in entry.content
            kind = (
                Kind.EVENT_REMOVED_AFTER_DEPRECATION
                if deprecated
                else Kind.EVENT_REMOVED_WITHOUT_DEPRECATION
            )
            yield _place(name, entry).change(kind, before=name)
    for name, entry in new.events.items():
        if name not in old.events and name not in renamed.values():
            yield _place(name, entry).change(Kind.EVENT_ADDED, after=name)


def _renamed(old: ContractSet, new: ContractSet) -> Iterator[tuple[str, str]]:
    """Pair each event that is gone with the new one that bears its payload or replaces it."""
    added = [name for name in new.events if name not in old.events]
    for name, entry in old.events.items():
        if name in new.events:
            continue
        for candidate in added:
            same_payload = new.events[candidate].payload_file == entry.payload_file
            if same_payload or entry.content.get("replaced_by") == candidate:
                added.remove(candidate)
                yield name, candidate
                break


def _place(name: str, entry: Entry) -> Place:
    pointer = f"/events/{entry.index}"
    return Place(subject=name, file=REGISTRY, tolerant=True, pointer=pointer)


def _kept(name: str, successor: str, old: ContractSet, new: ContractSet) -> Iterator[Change]:
    before, after = old.events[name], new.events[successor]
    yield from _entry(before.content, after.content, _place(successor, after))
    yield from compare(
        old.rules(before.payload_file),
        new.rules(after.payload_file),
        Place(subject=successor, file=after.payload_file, tolerant=True),
    )
    if ENVELOPE in old.documents and ENVELOPE in new.documents:
        yield from compare(
            old.rules(ENVELOPE, further_rules(old, name)),
            new.rules(ENVELOPE, further_rules(new, successor)),
            Place(subject=successor, file=ENVELOPE, tolerant=True, pointer=f"/$defs/{successor}"),
        )


def _entry(old: Mapping[str, Any], new: Mapping[str, Any], place: Place) -> Iterator[Change]:
    if old["severity"] != new["severity"]:
        yield place.at("severity").change(Kind.SEVERITY_CHANGED, old["severity"], new["severity"])
    for key, (added, removed) in LISTS.items():
        for name in new[key]:
            if name not in old[key]:
                yield place.at(key).change(added, after=name)
        for name in old[key]:
            if name not in new[key]:
                yield place.at(key).change(removed, before=name)
    yield from _history(old, new, place)
    for key in sorted((old.keys() | new.keys()) - set(UNDERSTOOD)):
        if canonical(old.get(key)) != canonical(new.get(key)):
            yield place.at(key).change(Kind.UNKNOWN_KEYWORD_CHANGED, after=key)


def _history(old: Mapping[str, Any], new: Mapping[str, Any], place: Place) -> Iterator[Change]:
    if "deprecated" in new and "deprecated" not in old:
        kind = Kind.EVENT_DEPRECATED
        yield place.at("deprecated").change(kind, new["event_name"], new.get("replaced_by"))
        keys: tuple[str, ...] = ("since",)
    elif "deprecated" in old and "deprecated" not in new:
        kind = Kind.EVENT_DEPRECATION_WITHDRAWN
        yield place.at("deprecated").change(kind, after=new["event_name"])
        keys = ("since",)
    else:
        keys = ("since", "deprecated", "replaced_by")
    for key in keys:
        if old.get(key) != new.get(key):
            kind = Kind.EVENT_HISTORY_CHANGED
            yield place.at(key).change(kind, old.get(key), new.get(key))
