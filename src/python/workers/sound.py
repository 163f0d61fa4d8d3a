"""The sound that ingest keeps, read in pieces: a recording need not fit into memory."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000

Samples = NDArray[np.float32]


def read_samples(audio: Path) -> Iterator[Samples]:
    """Yield the samples of a recording in order, 16 kHz and mono, each from -1 to 1.

    A piece is as long as the recording's own frames, a fraction of a second. Raises OSError or
    av.error.FFmpegError when the recording cannot be read.
    """
    resampler = AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE_HZ)
    with av.open(str(audio)) as container:
        for frame in container.decode(audio=0):
            frame.pts = None
            for piece in resampler.resample(frame):
                yield piece.to_ndarray()[0]
        for piece in resampler.resample(None):
            yield piece.to_ndarray()[0]
