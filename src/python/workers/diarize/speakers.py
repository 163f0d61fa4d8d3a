"""Who speaks when, told from the sound of the voices."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from faster_whisper.audio import decode_audio
from faster_whisper.vad import get_speech_timestamps
from numpy.typing import NDArray
from scipy.fft import dct
from sklearn.cluster import AgglomerativeClustering

from store.model import Segment

SAMPLE_RATE_HZ = 16_000
FRAME = 400
HOP = 160
MEL_BANDS = 40
COEFFICIENTS = 20

# Cosine distance between voices, above which two clusters are two speakers.
SAME_SPEAKER_DISTANCE = 0.35

Samples = NDArray[np.float32]
Features = NDArray[Any]


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

    Each segment's speech (Silero voice activity) becomes the mean and deviation of its
    mel-frequency cepstral coefficients; agglomerative clustering makes speakers of them, named
    speaker_1, speaker_2 … in the order in which they appear.
    """

    model_provider = "narralytica"
    model_id = "heuristic-mfcc-agglomerative-1"

    def diarize(self, audio: Path, segments: Sequence[Segment]) -> tuple[Segment, ...]:
        """Return the segments with speakers."""
        unnamed = [
            number
            for number, segment in enumerate(segments)
            if segment.speaker is None and segment.start_ms is not None
        ]
        if not unnamed:
            return tuple(segments)
        speech = _speech(audio)
        voices = [_voice(_stretch(speech, segments[number])) for number in unnamed]
        speakers = dict(zip(unnamed, _clusters(voices), strict=True))
        return tuple(
            replace(segment, speaker=speakers[number]) if number in speakers else segment
            for number, segment in enumerate(segments)
        )


def _speech(audio: Path) -> Samples:
    """Return the samples of a recording, silence where nobody speaks."""
    samples: Samples = decode_audio(str(audio), sampling_rate=SAMPLE_RATE_HZ)
    speech = np.zeros_like(samples)
    for stretch in get_speech_timestamps(samples):
        speech[stretch["start"] : stretch["end"]] = samples[stretch["start"] : stretch["end"]]
    return speech


def _stretch(samples: Samples, segment: Segment) -> Samples:
    start, end = (
        (milliseconds or 0) * SAMPLE_RATE_HZ // 1000
        for milliseconds in (segment.start_ms, segment.end_ms)
    )
    stretch = samples[start:end]
    spoken = stretch[stretch != 0]
    return np.pad(spoken, (0, max(0, FRAME - len(spoken))))


def _voice(samples: Samples) -> Features:
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    power = np.abs(np.fft.rfft(frames * np.hamming(FRAME))) ** 2
    bands = np.log(power @ _mel_filters().T + 1e-10)
    # The first coefficient is loudness, which says nothing of who speaks.
    coefficients = dct(bands, type=2, norm="ortho")[:, 1 : COEFFICIENTS + 1]
    return np.concatenate([coefficients.mean(axis=0), coefficients.std(axis=0)])


def _mel_filters() -> Features:
    """Return triangular filters, evenly spaced on the mel scale (O'Shaughnessy 1987)."""
    highest = 2595 * np.log10(1 + SAMPLE_RATE_HZ / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, highest, MEL_BANDS + 2) / 2595) - 1)
    frequencies = np.fft.rfftfreq(FRAME, 1 / SAMPLE_RATE_HZ)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (frequencies - low) / (middle - low)
    falling = (high - frequencies) / (high - middle)
    return np.maximum(0, np.minimum(rising, falling))


def _clusters(voices: Sequence[Features]) -> list[str]:
    if len(voices) == 1:
        return ["speaker_1"]
    clustering = AgglomerativeClustering(
        n_clusters=None,
        distance_threshold=SAME_SPEAKER_DISTANCE,
        metric="cosine",
        linkage="average",
    )
    labels = [int(label) for label in clustering.fit_predict(np.stack(voices))]
    order = list(dict.fromkeys(labels))
    return [f"speaker_{order.index(label) + 1}" for label in labels]
