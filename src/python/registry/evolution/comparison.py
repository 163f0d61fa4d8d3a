"""Compares two contract sets as a whole."""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from registry.evolution.change import Change, Comparison
from registry.evolution.compare import compare
from registry.evolution.contract_set import ENVELOPE, REGISTRY, ContractSet
from registry.evolution.envelope import shared_rules
from registry.evolution.events import compare_events
from registry.evolution.kinds import Kind
from registry.evolution.place import Place
from registry.evolution.values import canonical
from registry.evolution.version import version_changes


def compare_contracts(old: ContractSet, new: ContractSet) -> Comparison:
    """Return every change from `old` to `new`, each once, the gravest first.

    Raises InvalidRegistry for a reference that cannot be followed.
    """
    changes = [*_envelope(old, new), *compare_events(old, new), *_messages(old, new)]
    changes.extend(_other_files(old, new, changes))
    changes.extend(version_changes(old.schema_version, new.schema_version, changes))
    return Comparison(
        previous=old.schema_version,
        current=new.schema_version,
        changes=tuple(sorted(_once(changes), key=lambda change: -change.kind.level)),
    )


def _envelope(old: ContractSet, new: ContractSet) -> Iterator[Change]:
    if ENVELOPE in old.documents and ENVELOPE in new.documents:
        yield from compare(
            old.rules(ENVELOPE, shared_rules(old)),
            new.rules(ENVELOPE, shared_rules(new)),
            Place(subject="envelope", file=ENVELOPE, tolerant=True),
        )


def _messages(old: ContractSet, new: ContractSet) -> Iterator[Change]:
    """Compare the messages, whose receivers refuse what they do not know."""
    for path in (*old.messages, *(path for path in new.messages if path not in old.messages)):
        name = PurePosixPath(path).name.removesuffix(".schema.json")
        place = Place(subject=f"message {name}", file=path, tolerant=False)
        if path not in new.messages:
            yield place.change(Kind.MESSAGE_REMOVED, before=name)
        elif path not in old.messages:
            yield place.change(Kind.MESSAGE_ADDED, after=name)
        else:
            yield from compare(old.rules(path), new.rules(path), place)


def _other_files(old: ContractSet, new: ContractSet, known: list[Change]) -> Iterator[Change]:
    """Name the files that differ though no change of theirs was found, so that none passes."""
    told = {change.file for change in known}
    if known:
        told |= {REGISTRY, ENVELOPE}
    for name in old.events.keys() ^ new.events.keys():
        told |= {sides.events[name].payload_file for sides in (old, new) if name in sides.events}
    for path in sorted(old.documents.keys() | new.documents.keys()):
        before, after = (canonical(side.documents.get(path)) for side in (old, new))
        if path not in told and before != after:
            yield Place(subject="file", file=path, tolerant=True).change(
                Kind.REPRESENTATION_CHANGED
            )


def _once(changes: Iterable[Change]) -> Iterator[Change]:
    """Drop repeats: what several schemas refer to is compared for each of them."""
    seen = set()
    for change in changes:
        place = (change.kind, change.file, change.pointer, change.before, change.after)
        if place not in seen:
            seen.add(place)
            yield change
