"""Captions and plain text as segments; they need no speech recognition."""

import html
import io
import re

import webvtt
from webvtt.errors import MalformedCaptionError, MalformedFileError
from webvtt.models import Caption, Timestamp

from store.model import Segment
from workers.runtime.failure import BadInput

PASSAGE_CHARACTERS = 400

_PARAGRAPHS = re.compile(r"\n\s*\n")
_SENTENCES = re.compile(r"(?<=[.!?…])\s+")

# Transcripts and captions name who speaks in capitals: "ADA: Good morning."
_SPEAKER = re.compile(r"(?P<speaker>[A-Z][A-Z .'-]{0,30}):\s+(?P<text>.+)", re.DOTALL)


class UnreadableCaptions(BadInput):
    """The captions break their format."""


def parse_captions(content: bytes) -> tuple[Segment, ...]:
    """Return the segments of WebVTT (W3C), SubRip or plain text in UTF-8, with their speakers.

    Raises UnreadableCaptions.
    """
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise UnreadableCaptions(f"byte {error.start} of the captions is not UTF-8") from error
    if "\x00" in text:
        raise UnreadableCaptions("the captions hold a NUL character")
    if text.startswith("WEBVTT"):
        return _cues(text, "vtt")
    if "-->" in text[:200]:
        return _cues(text, "srt")
    return tuple(_segment(passage) for passage in _passages(text))


def _cues(text: str, form: str) -> tuple[Segment, ...]:
    try:
        captions = webvtt.from_buffer(io.StringIO(text), format=form).captions
    except (MalformedCaptionError, MalformedFileError) as error:
        raise UnreadableCaptions("the captions break their format") from error
    return tuple(_cue(caption) for caption in captions if caption.text.strip())


def _cue(caption: Caption) -> Segment:
    return _segment(
        html.unescape(caption.text),
        start_ms=_milliseconds(caption.start_time),
        end_ms=_milliseconds(caption.end_time),
        speaker=html.unescape(caption.voice) if caption.voice else None,
    )


def _milliseconds(timestamp: Timestamp) -> int:
    hours, minutes, seconds, milliseconds = timestamp.to_tuple()
    return 1000 * (60 * (60 * hours + minutes) + seconds) + milliseconds


def _segment(
    text: str,
    *,
    start_ms: int | None = None,
    end_ms: int | None = None,
    speaker: str | None = None,
) -> Segment:
    plain = " ".join(text.split())
    named = None if speaker else _SPEAKER.fullmatch(plain)
    return Segment(
        text=named["text"] if named else plain,
        start_ms=start_ms,
        end_ms=end_ms,
        speaker=named["speaker"] if named else speaker,
    )


def _passages(text: str) -> list[str]:
    """Split at paragraphs, and long paragraphs between sentences."""
    passages: list[str] = []
    for paragraph in _PARAGRAPHS.split(text):
        passage = ""
        for sentence in _SENTENCES.split(paragraph.strip()):
            if passage and len(passage) + len(sentence) > PASSAGE_CHARACTERS:
                passages.append(passage)
                passage = sentence
            else:
                passage = f"{passage} {sentence}".strip()
        passages.append(passage)
    return [passage for passage in passages if passage]
