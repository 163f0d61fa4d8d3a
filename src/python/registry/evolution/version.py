"""Checks that schema_version rises as the changes ask (Semantic Versioning 2.0.0)."""

from collections.abc import Iterator, Sequence

from registry.evolution.change import Change
from registry.evolution.contract_set import REGISTRY
from registry.evolution.kinds import Kind, Level
from registry.evolution.place import Place


def version_changes(old: str, new: str, changes: Sequence[Change]) -> Iterator[Change]:
    """Yield what `changes` ask of the version and do not get, or else that it rose."""
    place = Place(subject="registry", file=REGISTRY, tolerant=True, pointer="/schema_version")
    before, after = version_numbers(old), version_numbers(new)
    level = max((change.kind.level for change in changes), default=Level.PATCH)
    if after < before:
        yield place.change(Kind.VERSION_LOWERED, old, new)
    elif level is Level.BREAKING and after[0] == before[0]:
        yield place.change(Kind.VERSION_NEEDS_MAJOR, old, new)
    elif level is Level.ADDITIVE and after[:2] == before[:2]:
        yield place.change(Kind.VERSION_NEEDS_MINOR, old, new)
    elif after > before:
        yield place.change(Kind.VERSION_RAISED, old, new)


def version_numbers(version: str) -> tuple[int, ...]:
    """Return major, minor and patch number, which order versions."""
    return tuple(int(number) for number in version.split("."))
