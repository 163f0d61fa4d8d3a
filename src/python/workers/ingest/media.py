"""What media is, by its bytes and not by its name, and its sound in one form."""

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError

from store.model import MediaKind
from workers.caption_format import caption_format
from workers.runtime.failure import BadInput

SAMPLE_RATE_HZ = 16_000

# Containers that hold their media themselves. Playlists and the like stay out: FFmpeg would open
# the files and addresses that they name, on behalf of whoever sent them.
_CONTAINERS = (
    "aac,ac3,aiff,amr,asf,au,avi,caf,eac3,flac,flv,matroska,mov,mp3,mpeg,mpegts,ogg,w64,wav"
)
# What is read is an open file, so that no protocol is needed to open another.
_OPTIONS = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "none"}

# What PyAV and FFmpeg raise for media that they cannot make sense of. An error in reading the
# file itself comes through as the OSError that it is, for which the media cannot be blamed.
_FAULTS_OF_MEDIA = (FFmpegError, ValueError, LookupError, ArithmeticError)

# The lowest and highest sample rates in use are 4 and 768 kHz.
LEAST_RATE_HZ = 1_000
MOST_RATE_HZ = 768_000

LONGEST_S = 24 * 60 * 60
# Even silence takes more than this, in any codec; the minute is for very short recordings.
LEAST_BYTES_A_SECOND = 10
ALWAYS_ALLOWED_S = 60

_BLOCK_BYTES = 1 << 16
_NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


class UnsupportedMedia(BadInput):
    """The media is nothing that can be worked on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """What was decoded: its length in milliseconds."""

    duration_ms: int


def sniff(path: Path) -> MediaKind:
    """Tell what the file holds. Raises UnsupportedMedia."""
    with path.open("rb") as file:
        head = file.read(_BLOCK_BYTES)
    if not head:
        raise UnsupportedMedia("the media is empty")
    if caption_format(head.decode("utf-8", errors="replace")):
        return MediaKind.SUBTITLES
    if _is_text(path):
        return MediaKind.TEXT
    with _opened(path) as container:
        _audio_stream(container)
    return MediaKind.AUDIO


def decode_audio(source: Path, target: Path) -> Sound:
    """Write the first audio stream of `source` to `target`: FLAC, 16 kHz, mono, 16 bits.

    Works in a stream, and leaves out damaged stretches. Raises UnsupportedMedia when there is no
    sound in it, or more than a day, or more than a file of its size can hold.
    """
    samples = 0
    longest_s = min(LONGEST_S, ALWAYS_ALLOWED_S + source.stat().st_size / LEAST_BYTES_A_SECOND)
    with _opened(source) as container, av.open(str(target), "w", format="flac") as output:
        stream = output.add_stream("flac", rate=SAMPLE_RATE_HZ, layout="mono", format="s16")
        for piece in _sound(container, longest_s):
            piece.pts = samples
            samples += piece.samples
            output.mux(stream.encode(piece))
        output.mux(stream.encode(None))
    if not samples:
        raise UnsupportedMedia("the sound cannot be decoded: it is damaged, or of a rare codec")
    return Sound(duration_ms=samples * 1000 // SAMPLE_RATE_HZ)


def _is_text(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    blank = True
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            try:
                text = decoder.decode(block)
            except UnicodeDecodeError:
                return False
            if _NOT_IN_TEXT.search(text):
                return False
            blank = blank and not text.strip("\ufeff \t\r\n\f\v")
    cut_short, _ = decoder.getstate()
    if blank and not cut_short:
        raise UnsupportedMedia("the media is text without a word")
    return not cut_short


@contextmanager
def _opened(path: Path) -> Iterator[InputContainer]:
    with path.open("rb") as file:
        try:
            container = av.open(file, "r", options=_OPTIONS, metadata_errors="replace")
        except _FAULTS_OF_MEDIA as error:
            raise UnsupportedMedia(
                "the media is no audio, video, subtitles or UTF-8 text"
            ) from error
        with container:
            yield container


def _audio_stream(container: InputContainer) -> AudioStream:
    if not container.streams.audio:
        raise UnsupportedMedia("the media has no audio stream")
    return container.streams.audio[0]


def _sound(container: InputContainer, longest_s: float) -> Iterator[AudioFrame]:
    """Yield the first audio stream, resampled. Raises UnsupportedMedia."""
    frames = _decoded(container, _audio_stream(container))
    try:
        yield from _resampled(_bounded(frames, longest_s))
    except _FAULTS_OF_MEDIA as error:
        raise UnsupportedMedia(
            "the sound is of a codec that cannot be decoded, or of too many channels"
        ) from error


def _decoded(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    """Yield what can be decoded: a damaged packet costs only itself."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            frames = packet.decode() if packet else []
        except FFmpegError:
            continue
        if packet is None:
            return
        yield from (frame for frame in frames if isinstance(frame, AudioFrame))


def _bounded(frames: Iterator[AudioFrame], longest_s: float) -> Iterator[AudioFrame]:
    """Refuse what would become too much sound, before it is resampled."""
    seconds = 0.0
    for frame in frames:
        if not LEAST_RATE_HZ <= frame.sample_rate <= MOST_RATE_HZ:
            raise UnsupportedMedia(
                f"the sound claims {frame.sample_rate:,} samples a second,"
                f" expected {LEAST_RATE_HZ:,} to {MOST_RATE_HZ:,}"
            )
        seconds += frame.samples / frame.sample_rate
        if seconds > longest_s:
            raise UnsupportedMedia(
                "the sound is longer than 24 hours: split the media"
                if longest_s == LONGEST_S
                else "the media is damaged: it claims more sound than its bytes can hold"
            )
        yield frame


def _resampled(frames: Iterator[AudioFrame]) -> Iterator[AudioFrame]:
    resampler, form = _resampler(), None
    for frame in frames:
        # A resampler serves one form of sound, and broadcasts change theirs in the middle.
        if form not in (None, (frame.format.name, frame.layout.name, frame.sample_rate)):
            yield from resampler.resample(None)
            resampler = _resampler()
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        # The stream's own times may jump where it is damaged.
        frame.pts = None
        yield from resampler.resample(frame)
    if form:
        yield from resampler.resample(None)


def _resampler() -> AudioResampler:
    return AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
