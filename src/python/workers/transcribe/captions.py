"""Captions and plain text as segments; they need no speech recognition."""

import html
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import webvtt
from webvtt.errors import MalformedCaptionError, MalformedFileError
from webvtt.models import Caption

from store.model import Segment
from workers.caption_format import CaptionFormat, caption_format
from workers.runtime.failure import BadInput
from workers.transcribe.prose import PASSAGE_CHARACTERS, paragraphs, passages
from workers.transcribe.size import MOST_BYTES, MOST_SEGMENTS, TranscriptTooLong, bounded
from workers.transcribe.speaker_labels import names_speakers, spoken, turns

# Neither looks at a letter again and again, as captions may be made to have it done.
_VOICE = re.compile(r"<v(?:\.[^\s<>]*+)?[ \t\n]++([^>]+)>")
_STYLE_OVERRIDE = re.compile(r"\{\\[^{}]*\}")
# Python refuses to read numbers of thousands of digits, and no letter has one of twenty.
_ENDLESS_REFERENCE = re.compile(r"&(?=#[0-9]{20})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")

_TIMES = {
    CaptionFormat.WEBVTT: re.compile(
        r"\s*{0}\s*-->\s*{0}(?!\d)".format(r"(?:\d{1,10}:)?[0-5]?\d:[0-5]?\d\.\d{1,3}")
    ),
    CaptionFormat.SUBRIP: re.compile(
        r"\s*{0}\s*-->\s*{0}".format(r"\d{1,10}:\d{1,2}:\d{1,2}[,.]\d{1,3}")
    ),
}

# The longest name that a label can give is as long.
LONGEST_NAME = 104


class UnreadableCaptions(BadInput):
    """The captions break their format."""


def read_captions(path: Path) -> tuple[Segment, ...]:
    """Return the segments of a file, as `parse_captions` does, and raise what it raises."""
    if path.stat().st_size > MOST_BYTES:
        raise TranscriptTooLong(
            f"the transcript is larger than {MOST_BYTES >> 20} MiB: split the document"
        )
    return parse_captions(path.read_bytes())


def parse_captions(content: bytes) -> tuple[Segment, ...]:
    """Return the segments of WebVTT (W3C), SubRip or plain text in UTF-8, with their speakers.

    Speakers are those of WebVTT's voice tags, or of labels where the document names speakers so.
    Raises UnreadableCaptions, which names the line, and TranscriptTooLong.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableCaptions(f"line {line} is not UTF-8: save the text as UTF-8") from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    form = caption_format(text)
    return _captions(text, form) if form else _prose(text)


def _captions(text: str, form: CaptionFormat) -> tuple[Segment, ...]:
    _check_times(text, form)
    try:
        # SubRip readers pass over blank lines at the beginning, this one does not.
        captions = webvtt.from_buffer(io.StringIO(text.lstrip("\n \t")), format=form).captions
    except (MalformedCaptionError, MalformedFileError) as error:
        raise UnreadableCaptions(
            "line 1 does not begin captions: expected WEBVTT, or the number of the first cue"
        ) from error
    segments: Sequence[Segment] = bounded(
        segment for caption in captions for segment in _voices(caption)
    )
    if not any(segment.speaker for segment in segments):
        segments = _labelled(segments)
    return tuple(sorted(segments, key=lambda segment: segment.start_ms or 0))


def _check_times(text: str, form: CaptionFormat) -> None:
    """Raise UnreadableCaptions for a cue that the reader would pass over in silence."""
    # The reader makes a thing of a kilobyte of each.
    if text.count("-->") > MOST_SEGMENTS:
        raise TranscriptTooLong(f"there are more than {MOST_SEGMENTS:,} cues: split the document")
    for number, line in enumerate(io.StringIO(text), start=1):
        if "-->" in line and not _TIMES[form].match(line):
            raise UnreadableCaptions(
                f"line {number}: the times of the cue cannot be read,"
                " expected 00:01:02.345 --> 00:01:04.000"
            )


def _voices(caption: Caption) -> Iterator[Segment]:
    """Yield what each voice of a cue says, in passages."""
    start_ms = caption.start_time.in_milliseconds()
    end_ms = max(start_ms, caption.end_time.in_milliseconds())
    for speaker, said in _spans(caption.raw_text):
        # The reader takes the tags out; entities come after, since they may stand for brackets.
        text = _plain(Caption(text=_STYLE_OVERRIDE.sub("", said)).text)
        name = _plain(speaker)[:LONGEST_NAME].rstrip()
        for passage in [text] if len(text) <= PASSAGE_CHARACTERS else passages(text):
            if passage:
                yield Segment(text=passage, start_ms=start_ms, end_ms=end_ms, speaker=name or None)


def _spans(text: str) -> Iterator[tuple[str, str]]:
    """Part a cue's text at its voice tags; a cue may have several (WebVTT, section 6.4)."""
    speaker, start = "", 0
    # Behind the last bracket no tag ends, and each that begins would be followed to the end.
    for tag in _VOICE.finditer(text, 0, text.rfind(">") + 1):
        yield speaker, text[start : tag.start()]
        speaker, start = tag[1], tag.end()
    yield speaker, text[start:]


def _labelled(segments: Sequence[Segment]) -> Sequence[Segment]:
    if not names_speakers([segment.text for segment in segments]):
        return segments
    named = ((segment, *spoken(segment.text)) for segment in segments)
    return [replace(segment, speaker=speaker, text=text) for segment, speaker, text in named]


def _prose(text: str) -> tuple[Segment, ...]:
    found = paragraphs(_without_controls(text))
    found_turns = bounded(turn for paragraph in found for turn in turns(paragraph))
    if not names_speakers(found_turns):
        return bounded(Segment(text=passage) for block in found for passage in passages(block))
    return bounded(
        Segment(text=passage, speaker=speaker)
        for speaker, said in map(spoken, found_turns)
        for passage in passages(said)
    )


def _without_controls(text: str) -> str:
    return "\n".join(_CONTROL.sub(" ", line) for line in text.split("\n"))


def _plain(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", html.unescape(_ENDLESS_REFERENCE.sub("&amp;", text))).split())
