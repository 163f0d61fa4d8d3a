"""Who speaks when, heard in a real voice and the same voice made higher."""

from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pytest

from store.model import Segment
from tests.unit.generated_media import read_wav, write_wav
from workers.diarize import speakers as diarization
from workers.diarize.speakers import HeuristicDiarizer

# Stretches of the recording in which somebody speaks, in milliseconds.
STRETCHES = ((200, 2_300), (3_300, 7_900), (8_100, 10_600))


@pytest.fixture
def voice() -> np.ndarray:
    with as_file(files("stack") / "demo_media" / "recording.wav") as recording:
        return read_wav(recording)


def higher(samples: np.ndarray) -> np.ndarray:
    """Play faster, by a quarter: pitch and formants rise as from a man's voice to a woman's."""
    places = np.arange(0, len(samples) - 1, 1.25)
    faster: np.ndarray = np.interp(places, np.arange(len(samples)), samples).astype("<i2")
    return faster


def conversation(path: Path, turns: list[np.ndarray]) -> tuple[Segment, ...]:
    write_wav(path, np.concatenate(turns))
    ends = np.cumsum([len(turn) for turn in turns]) // 16
    starts = [0, *ends[:-1]]
    return tuple(
        Segment(text=f"turn {number}", start_ms=int(start), end_ms=int(end))
        for number, (start, end) in enumerate(zip(starts, ends, strict=True))
    )


def speakers(path: Path, segments: tuple[Segment, ...]) -> list[str | None]:
    found = HeuristicDiarizer().diarize(path, segments)
    assert [replace(segment, speaker=None) for segment in found] == [
        replace(segment, speaker=None) for segment in segments
    ]
    return [segment.speaker for segment in found]


def test_two_voices_are_told_apart_and_named_in_order(tmp_path: Path, voice: np.ndarray) -> None:
    low = [voice[start * 16 : end * 16] for start, end in STRETCHES]
    high = [higher(each) for each in low]
    audio = tmp_path / "audio.wav"
    segments = conversation(audio, [high[0], low[0], high[1], low[1], high[2], low[2]])
    assert speakers(audio, segments) == ["speaker_1", "speaker_2"] * 3


def test_one_voice_is_one_speaker(tmp_path: Path, voice: np.ndarray) -> None:
    audio = tmp_path / "audio.wav"
    segments = conversation(audio, [voice[start * 16 : end * 16] for start, end in STRETCHES])
    assert speakers(audio, segments) == ["speaker_1"] * 3


def test_silence_is_given_to_whoever_spoke_last(tmp_path: Path, voice: np.ndarray) -> None:
    audio = tmp_path / "audio.wav"
    low, silence = voice[3_300 * 16 : 7_900 * 16], np.zeros(16_000, dtype="<i2")
    segments = conversation(audio, [silence, low, silence, higher(low)])
    assert speakers(audio, segments) == ["speaker_1", "speaker_1", "speaker_1", "speaker_2"]
    assert speakers(audio, segments[:1]) == ["speaker_1"]


def test_who_is_named_stays_named(tmp_path: Path, voice: np.ndarray) -> None:
    audio = tmp_path / "audio.wav"
    first, second = conversation(audio, [voice[: 5 * 16_000], voice[5 * 16_000 :]])
    untimed = Segment(text="a caption without times")
    named = replace(first, speaker="speaker_1")
    # A name that somebody has is not given to another.
    assert speakers(audio, (named, second, untimed)) == ["speaker_1", "speaker_2", None]
    # Nothing to do, nothing to read.
    assert speakers(tmp_path / "no such file", (named, untimed)) == ["speaker_1", None]


def test_segments_beyond_the_end_do_no_harm(tmp_path: Path, voice: np.ndarray) -> None:
    audio = tmp_path / "audio.wav"
    [segment] = conversation(audio, [voice])
    beyond = replace(segment, start_ms=60_000, end_ms=61_000)
    assert speakers(audio, (segment, beyond)) == ["speaker_1", "speaker_1"]


def test_segments_may_overlap_and_come_in_any_order(tmp_path: Path, voice: np.ndarray) -> None:
    low = [voice[start * 16 : end * 16] for start, end in STRETCHES]
    audio = tmp_path / "audio.wav"
    first, second, third, fourth = conversation(
        audio, [low[0], higher(low[1]), low[1], higher(low[2])]
    )
    inner = replace(second, text="inner", start_ms=(second.start_ms or 0) + 500)
    shuffled = (fourth, inner, first, third, second)
    names = dict(zip(shuffled, speakers(audio, shuffled), strict=True))
    assert names[first] == names[third] != names[second]
    assert names[second] == names[inner] == names[fourth]


def test_of_very_many_segments_some_make_the_speakers(
    tmp_path: Path, voice: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diarization, "MOST_COMPARED", 2)
    low = [voice[start * 16 : end * 16] for start, end in STRETCHES]
    audio = tmp_path / "audio.wav"
    segments = conversation(audio, [low[0], higher(low[1]), higher(low[2]), low[1]])
    # The first and the third are compared.
    assert speakers(audio, segments) == ["speaker_1", "speaker_2", "speaker_2", "speaker_1"]
