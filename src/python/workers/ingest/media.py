"""What media is, by its bytes and not by its name, and its sound in one form."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError

from store.model import MediaKind
from workers.caption_format import caption_format
from workers.runtime.failure import BadInput

SAMPLE_RATE_HZ = 16_000

# Containers that hold their media themselves. Playlists and the like stay out: FFmpeg would open
# the files and addresses that they name, on behalf of whoever sent them.
_CONTAINERS = (
    "aac,ac3,aiff,amr,asf,au,avi,caf,eac3,flac,flv,matroska,mov,mp3,mpeg,mpegts,ogg,w64,wav"
)
_OPTIONS = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"}

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

    Works in a stream, whatever the length, and leaves out damaged stretches. Raises
    UnsupportedMedia when there is no sound in it.
    """
    samples = 0
    with _opened(source) as container, av.open(str(target), "w", format="flac") as output:
        stream = output.add_stream("flac", rate=SAMPLE_RATE_HZ, layout="mono", format="s16")
        for piece in _resampled(_decoded(container, _audio_stream(container))):
            piece.pts = samples
            samples += piece.samples
            output.mux(stream.encode(piece))
        output.mux(stream.encode(None))
    if not samples:
        raise UnsupportedMedia("the media is damaged: its sound cannot be decoded")
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


def _opened(path: Path) -> InputContainer:
    try:
        return av.open(str(path), "r", options=_OPTIONS, metadata_errors="replace")
    except (FFmpegError, ValueError) as error:
        raise UnsupportedMedia("the media is no audio, video, subtitles or UTF-8 text") from error


def _audio_stream(container: InputContainer) -> AudioStream:
    if not container.streams.audio:
        raise UnsupportedMedia("the media has no audio stream")
    return container.streams.audio[0]


def _decoded(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    """Yield what can be decoded: a damaged packet costs only itself."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            frames = packet.decode() if packet else []
        except InvalidDataError:
            continue
        except (FFmpegError, ValueError) as error:
            raise UnsupportedMedia("the sound is of a codec that cannot be decoded") from error
        if packet is None:
            return
        yield from (frame for frame in frames if isinstance(frame, AudioFrame))


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
