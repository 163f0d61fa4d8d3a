"""Tells what happened to each event from one released version of the contracts to the next."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from registry.evolution.change import Change
from registry.evolution.contract_set import ENVELOPE, ContractSet
from registry.evolution.events import compare_events
from registry.evolution.kinds import Kind, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a version did to an event."""

    version: str
    sentence: str


def histories(versions: Sequence[ContractSet]) -> Mapping[str, tuple[Step, ...]]:
    """Return the steps of every event of the last of `versions`, oldest first.

    Raises InvalidRegistry for a reference that cannot be followed.
    """
    steps: dict[str, list[Step]] = {
        name: [Step(version=entry.content["since"], sentence="Introduced.")]
        for name, entry in versions[-1].events.items()
    }
    for old, new in pairwise(versions):
        for change in _changes(old, new):
            if change.subject in steps:
                step = Step(version=new.schema_version, sentence=change.sentence)
                steps[change.subject].append(step)
    return {name: tuple(told) for name, told in steps.items()}


def _changes(old: ContractSet, new: ContractSet) -> Iterator[Change]:
    for change in compare_events(_without_envelope(old), _without_envelope(new)):
        if change.kind.level > Level.PATCH and change.kind is not Kind.EVENT_ADDED:
            yield change


def _without_envelope(contracts: ContractSet) -> ContractSet:
    """Leave out what is generated: it repeats the registry, and may be stale while this runs."""
    kept = {path: schema for path, schema in contracts.documents.items() if path != ENVELOPE}
    return replace(contracts, documents=kept)
