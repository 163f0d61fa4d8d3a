"""Who speaks when, told from the sound of the voices."""

import itertools
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from faster_whisper.vad import get_speech_timestamps
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.fft import dct
from scipy.spatial.distance import cdist

from store.model import Segment
from workers.sound import SAMPLE_RATE_HZ, Samples, read_samples

FRAME = 400
HOP = 160
MEL_BANDS = 40
COEFFICIENTS = 20

# Below half a second of speech, sounds differ more than voices do.
LEAST_SPEECH = SAMPLE_RATE_HZ // 2

# Distance of two voices in units of a coefficient's spread within speech. Tried on 34 short clips
# of 12 voices: no voice was split, and of 36 pairs 25 were told apart as exactly two.
SAME_SPEAKER_DISTANCE = 0.6

# Comparing all with all takes memory by the square: 64 MB for as many segments.
MOST_COMPARED = 4_000

Features = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Voice:
    """How a segment sounds: mean and variance of each coefficient."""

    mean: Features
    variance: Features


class Diarizer(Protocol):
    """Names the speaker of each segment."""

    @property
    def model_provider(self) -> str:
        """Who makes the model available."""

    @property
    def model_id(self) -> str:
        """The model's name."""

    def diarize(self, audio: Path, segments: Sequence[Segment]) -> tuple[Segment, ...]:
        """Return the segments with speakers; one that is named already stays as it is."""


class HeuristicDiarizer:
    """Compares the timbre of segments; no trained model, and not to be trusted as one.

    Each segment's speech (Silero voice activity) becomes the mean of its mel-frequency cepstral
    coefficients, in units of their spread; agglomerative clustering makes speakers of them, named
    speaker_1, speaker_2 … in the order in which they appear. A segment with too little speech to
    tell is given to whoever spoke last. Of very many segments, some thousands make the speakers,
    and each is given to the nearest. The sound of one segment is in memory at a time.
    """

    model_provider = "narralytica"
    model_id = "heuristic-mfcc-agglomerative-2"

    def diarize(self, audio: Path, segments: Sequence[Segment]) -> tuple[Segment, ...]:
        """Return the segments with speakers."""
        unnamed = [
            number
            for number, segment in enumerate(segments)
            if segment.speaker is None and segment.start_ms is not None
        ]
        if not unnamed:
            return tuple(segments)
        unnamed.sort(key=lambda number: segments[number].start_ms or 0)
        sounds = _stretches(read_samples(audio), [segments[number] for number in unnamed])
        voices = [_voice(_speech(sound)) for sound in sounds]
        taken = {segment.speaker for segment in segments if segment.speaker}
        speakers = dict(zip(unnamed, _names(_clusters(voices), taken), strict=True))
        return tuple(
            replace(segment, speaker=speakers[number]) if number in speakers else segment
            for number, segment in enumerate(segments)
        )


def _stretches(pieces: Iterable[Samples], segments: Iterable[Segment]) -> Iterator[Samples]:
    """Yield the sound of each segment, in the order in which they start."""
    pieces = iter(pieces)
    held, first = np.empty(0, dtype=np.float32), 0
    for segment in segments:
        start, end = (
            (milliseconds or 0) * SAMPLE_RATE_HZ // 1000
            for milliseconds in (segment.start_ms, segment.end_ms)
        )
        waiting, reached = [held], first + len(held)
        while reached < end and (piece := next(pieces, None)) is not None:
            if reached <= start:
                waiting, first = [], reached
            waiting.append(piece)
            reached += len(piece)
        sound = np.concatenate(waiting)
        passed = min(max(start - first, 0), len(sound))
        held, first = sound[passed:], first + passed
        yield held[: max(end - first, 0)]


def _speech(sound: Samples) -> Samples:
    """Return what is spoken in a stretch of sound, without its pauses."""
    if not len(sound):
        return sound
    # A copy, since the detector writes to what it is given.
    stretches = get_speech_timestamps(sound.copy(), min_silence_duration_ms=100, speech_pad_ms=30)
    return np.concatenate([sound[:0], *(sound[each["start"] : each["end"]] for each in stretches)])


def _voice(speech: Samples) -> Voice | None:
    """Return how the speech sounds; None for too little speech."""
    if len(speech) < LEAST_SPEECH:
        return None
    frames = np.lib.stride_tricks.sliding_window_view(speech, FRAME)[::HOP]
    power = np.abs(np.fft.rfft(frames * np.hamming(FRAME))) ** 2
    bands = np.log(power @ _mel_filters().T + 1e-10)
    # The first coefficient is loudness, which says nothing of who speaks.
    coefficients: Features = dct(bands, type=2, norm="ortho")[:, 1 : COEFFICIENTS + 1]
    return Voice(mean=coefficients.mean(axis=0), variance=coefficients.var(axis=0))


def _mel_filters() -> Features:
    """Return triangular filters, evenly spaced on the mel scale (O'Shaughnessy 1987)."""
    highest = 2595 * np.log10(1 + SAMPLE_RATE_HZ / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, highest, MEL_BANDS + 2) / 2595) - 1)
    frequencies = np.fft.rfftfreq(FRAME, 1 / SAMPLE_RATE_HZ)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (frequencies - low) / (middle - low)
    falling = (high - frequencies) / (high - middle)
    return np.maximum(0, np.minimum(rising, falling))


def _clusters(voices: Sequence[Voice | None]) -> list[int]:
    """Return the number of each voice's cluster, that of the voice before where it is None."""
    heard = [voice for voice in voices if voice is not None]
    if len(heard) < 2:
        return [0] * len(voices)
    spread = np.sqrt(np.mean([voice.variance for voice in heard], axis=0)) + 1e-9
    means = np.stack([voice.mean for voice in heard]) / spread / np.sqrt(COEFFICIENTS)
    numbers = iter(_grouped(means))
    known = [None if voice is None else next(numbers) for voice in voices]
    last = next(number for number in known if number is not None)
    return [last := last if number is None else number for number in known]


def _grouped(means: Features) -> list[int]:
    compared = means[:: -(-len(means) // MOST_COMPARED)]
    tree = linkage(compared, method="average")
    numbers = fcluster(tree, SAME_SPEAKER_DISTANCE, criterion="distance")
    if len(compared) == len(means):
        return [int(number) for number in numbers]
    centres = [compared[numbers == number].mean(axis=0) for number in np.unique(numbers)]
    return [int(number) for number in cdist(means, np.stack(centres)).argmin(axis=1)]


def _names(clusters: Sequence[int], taken: Set[str]) -> list[str]:
    free = (name for count in itertools.count(1) if (name := f"speaker_{count}") not in taken)
    names = dict(zip(dict.fromkeys(clusters), free, strict=False))
    return [names[cluster] for cluster in clusters]
