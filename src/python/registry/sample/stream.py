"""Puts the stories of many jobs into one stream."""

import heapq
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from registry.sample.payloads import Payloads
from registry.sample.scene import Ids, Scene, Told
from registry.sample.story import TURNS, tell_job
from registry.sources import EventDefinition, EventRegistry

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
ENOUGH_JOBS = len(TURNS)
"""With so many jobs every registered event appears."""


def sample_lines(registry: EventRegistry, *, jobs: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield the lines of `jobs` whole jobs, in the order in which a receiver gets them.

    The same contracts, number and seed give the same lines. The memory needed does not grow with
    the number of jobs.
    """
    random = Random(seed)  # noqa: S311  # Made to be repeated, not to be secret.
    payloads = Payloads(registry=registry, random=random)
    words = registry.definitions
    pipeline = tuple(zip(words["job_type"]["enum"], words["worker"]["enum"], strict=True))
    waiting: list[tuple[datetime, int, Told]] = []
    order = count()
    told: set[str] = set()
    begins = BEGINNING
    for number in range(jobs):
        turn = TURNS[number] if number < len(TURNS) else random.choice(TURNS)
        scene = Scene(payloads=payloads, random=random, at=begins)
        tell_job(scene, turn, pipeline)
        told |= _push(scene, waiting, order)
        begins += timedelta(seconds=random.uniform(0, 4))
        while waiting and waiting[0][0] < begins:
            yield heapq.heappop(waiting)[2].line
    if jobs >= ENOUGH_JOBS:
        scene = Scene(payloads=payloads, random=random, at=begins)
        _tell_untold(scene, [event for event in registry.events if event.event_name not in told])
        _push(scene, waiting, order)
    while waiting:
        yield heapq.heappop(waiting)[2].line


def _push(
    scene: Scene, waiting: list[tuple[datetime, int, Told]], order: Iterator[int]
) -> set[str]:
    for told in scene.told:
        heapq.heappush(waiting, (told.at, next(order), told))
    return {told.line["event_name"] for told in scene.told}


def _tell_untold(scene: Scene, events: list[EventDefinition]) -> None:
    """Tell what is registered and has no place in the story of a job yet."""
    for event in events:
        everything = scene.new_span(
            scene.new_request(), job_id=scene.new_uuid(), job_run_id=scene.new_uuid()
        )
        known = everything.as_dict().items()
        ids = Ids(**{name: value for name, value in known if name in event.requires})
        emitter = event.emitters[0]
        name = event.event_name.removeprefix("narralytica.")
        scene.tell(name, "api" if emitter == "observability" else emitter, ids)
