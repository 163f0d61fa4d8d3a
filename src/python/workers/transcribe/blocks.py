"""A recording in blocks that fit into memory, cut where it is quietest."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from workers.sound import SAMPLE_RATE_HZ, Samples

LONGEST_BLOCK = 120 * SAMPLE_RATE_HZ
SEARCHED = 30 * SAMPLE_RATE_HZ

STEP = SAMPLE_RATE_HZ // 100
PAUSE_STEPS = 50


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """A stretch of a recording, and where it begins, in milliseconds."""

    start_ms: int
    samples: Samples


def blocks(pieces: Iterable[Samples]) -> Iterator[Block]:
    """Join pieces of a recording to blocks of two minutes at most.

    A block ends in the quietest half second of its last thirty seconds, so that no word is cut in
    two when somebody pauses there.
    """
    start = length = 0
    waiting: list[Samples] = []
    for piece in pieces:
        waiting.append(piece)
        length += len(piece)
        while length >= LONGEST_BLOCK:
            sound = np.concatenate(waiting)
            end = _quietest_place(sound[:LONGEST_BLOCK])
            yield _block(start, sound[:end])
            # A copy, since a view would keep the whole block in memory.
            waiting = [sound[end:].copy()]
            start, length = start + end, length - end
    if length:
        yield _block(start, np.concatenate(waiting))


def _quietest_place(sound: Samples) -> int:
    searched = sound[-SEARCHED:]
    energies = np.square(searched).reshape(-1, STEP).sum(axis=1)
    pauses = np.convolve(energies, np.ones(PAUSE_STEPS), mode="valid")
    return len(sound) - len(searched) + (int(pauses.argmin()) + PAUSE_STEPS // 2) * STEP


def _block(start: int, samples: Samples) -> Block:
    return Block(start_ms=start * 1000 // SAMPLE_RATE_HZ, samples=samples)
