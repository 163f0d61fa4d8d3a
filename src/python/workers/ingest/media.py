"""What media is, by its bytes and not by its name, and its sound in one form."""

import codecs
import re
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import av
from av.audio.resampler import AudioResampler
from av.container import InputContainer

from store.model import MediaKind
from workers.runtime.failure import BadInput

SAMPLE_RATE_HZ = 16_000

# Enough to meet the first byte that no text has.
HEAD_BYTES = 1 << 16

_NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_WEBVTT = re.compile(r"\ufeff?WEBVTT([ \t\r\n]|$)")
_SUBRIP = re.compile(r"\ufeff?\s*\d+\s*\r?\n\d+:\d\d:\d\d[,.]\d{1,3}\s*-->")


class UnsupportedMedia(BadInput):
    """The media is nothing that can be worked on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """What was decoded: its length in milliseconds."""

    duration_ms: int


def sniff(path: Path) -> MediaKind:
    """Tell what the file holds. Raises UnsupportedMedia."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise UnsupportedMedia("the media is empty")
    text = _as_text(head)
    if text is None:
        with _opened(path):
            return MediaKind.AUDIO
    if _WEBVTT.match(text) or _SUBRIP.match(text):
        return MediaKind.SUBTITLES
    return MediaKind.TEXT


def decode_audio(source: Path, target: Path) -> Sound:
    """Write the first audio stream of `source` to `target`: FLAC, 16 kHz, mono, 16 bits.

    Works in a stream, whatever the length. Raises UnsupportedMedia when there is no sound in it.
    """
    try:
        with _opened(source) as container:
            samples = _transcode(container, target)
    except (av.FFmpegError, ValueError) as error:
        raise UnsupportedMedia("the media is damaged: its sound cannot be decoded") from error
    if samples == 0:
        raise UnsupportedMedia("the media's audio stream is empty")
    return Sound(duration_ms=1000 * samples // SAMPLE_RATE_HZ)


def _as_text(head: bytes) -> str | None:
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return None
    return None if _NOT_IN_TEXT.search(text) else text


def _opened(path: Path) -> InputContainer:
    try:
        container = av.open(str(path))
    except (av.FFmpegError, ValueError) as error:
        raise UnsupportedMedia("the media is no audio, video, subtitles or UTF-8 text") from error
    if not container.streams.audio:
        container.close()
        raise UnsupportedMedia("the media has no audio stream")
    return container


def _transcode(container: InputContainer, target: Path) -> int:
    resampler = AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
    samples = 0
    with av.open(str(target), "w", format="flac") as output:
        stream = output.add_stream("flac", rate=SAMPLE_RATE_HZ, layout="mono", format="s16")
        # None at the end asks resampler and encoder for what they hold back.
        for frame in chain(container.decode(audio=0), [None]):
            for piece in resampler.resample(frame):
                samples += piece.samples
                output.mux(stream.encode(piece))
        output.mux(stream.encode(None))
    return samples
