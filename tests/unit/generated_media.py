"""Media made for tests: small, real files in several containers."""

import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream

RATE = 16_000


def write_tone(path: Path, *, seconds: float = 1.0) -> Path:
    """Write a 440 Hz tone as WAV, mono."""
    times = np.arange(int(seconds * RATE)) / RATE
    return write_wav(path, (8_000 * np.sin(2 * np.pi * 440 * times)).astype("<i2"))


def write_wav(path: Path, samples: np.ndarray) -> Path:
    """Write 16-bit samples as WAV, mono, 16 kHz."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return path


def read_wav(path: Path) -> np.ndarray:
    """Return the samples of a WAV file, mono, 16 bits."""
    with wave.open(str(path), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")


def convert(source: Path, target: Path, *, container: str, codec: str, rate: int = 44_100) -> Path:
    """Convert a recording to another container and codec, in stereo."""
    with av.open(str(source)) as reader, av.open(str(target), "w", format=container) as writer:
        stream = writer.add_stream(codec, rate=rate, layout="stereo")
        assert isinstance(stream, AudioStream)
        stream.codec_context.open()
        resampler = AudioResampler(
            stream.format, "stereo", rate, stream.codec_context.frame_size or None
        )
        for frame in [*reader.decode(audio=0), None]:
            for piece in resampler.resample(frame):
                writer.mux(stream.encode(piece))
        writer.mux(stream.encode(None))
    return target


def write_video(path: Path, *, sound: Path | None) -> Path:
    """Write a second of grey video as MP4, with the recording `sound` as its track if given."""
    with av.open(str(path), "w", format="mp4") as writer:
        video = writer.add_stream("mpeg4", rate=10)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        audio = writer.add_stream("aac", rate=RATE, layout="mono") if sound else None
        for number in range(10):
            picture = np.full((64, 64, 3), 20 * number, dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            writer.mux(video.encode(frame))
        writer.mux(video.encode(None))
        if audio and sound:
            with av.open(str(sound)) as reader:
                for heard in reader.decode(audio=0):
                    writer.mux(audio.encode(heard))
            writer.mux(audio.encode(None))
    return path
