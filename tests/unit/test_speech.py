"""Speech recognition, with the real model on the real recording."""

import subprocess
import sys
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pytest

from tests.unit.generated_media import RATE, write_wav
from workers.transcribe.speech import FasterWhisperTranscriber, Word, sentences


@pytest.fixture(scope="module")
def transcriber() -> FasterWhisperTranscriber:
    return FasterWhisperTranscriber()


def test_the_recording_is_understood(transcriber: FasterWhisperTranscriber) -> None:
    with as_file(files("stack") / "demo_media" / "recording.wav") as recording:
        transcript = transcriber.transcribe(recording)
    text = " ".join(segment.text for segment in transcript.segments).lower()
    assert "my fellow americans" in text
    assert "what your country can do for you" in text
    assert "what you can do for your country" in text
    assert transcript.language == "en"
    times = [time for segment in transcript.segments for time in (segment.start_ms, segment.end_ms)]
    assert times == sorted(time for time in times if time is not None)
    assert 9_000 <= (times[-1] or 0) <= 11_000


def test_where_nobody_speaks_nothing_is_invented(
    transcriber: FasterWhisperTranscriber, tmp_path: Path
) -> None:
    # Left to itself, the model hears somebody say "You".
    silence = write_wav(tmp_path / "silence.wav", np.zeros(5 * RATE, dtype="<i2"))
    assert transcriber.transcribe(silence).segments == ()


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no-model"):
        FasterWhisperTranscriber(tmp_path / "no-model")


def test_nothing_is_asked_of_the_network() -> None:
    # A process of its own, in which no socket can be made.
    code = (
        "import socket, sys\n"
        "def refuse(*_): raise SystemExit('the network was asked')\n"
        "from workers.transcribe.speech import FasterWhisperTranscriber\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "FasterWhisperTranscriber()\n"
        "from embedding import default_embedder\n"
        "default_embedder().embed(['a sentence'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr[-300:]) == (0, "")


def words(*timed: tuple[str, int, int]) -> list[Word]:
    return [Word(text=text, start_ms=start, end_ms=end) for text, start, end in timed]


def test_sentences_end_at_full_stops_pauses_and_the_longest_length() -> None:
    found = sentences(
        words(
            *((" I", 0, 100), (" met", 100, 200), (" Dr.", 200, 300), (" Who.", 300, 400)),
            *((" Then", 400, 500), ("", 500, 500), (" silence", 500, 600), (" fell", 1_700, 1_800)),
            *((" and", start, start + 900) for start in range(2_000, 24_000, 900)),
        )
    )
    segments = list(found)
    assert [(segment.text, segment.start_ms, segment.end_ms) for segment in segments[:2]] == [
        ("I met Dr. Who.", 0, 400),
        ("Then silence", 400, 600),
    ]
    assert segments[2].text.startswith("fell and and")
    assert all((segment.end_ms or 0) - (segment.start_ms or 0) <= 20_000 for segment in segments)
