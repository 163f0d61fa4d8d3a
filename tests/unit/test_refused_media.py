"""What is refused by how it begins, and that nothing else is."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.refused_media import refused_media
from tests.unit.generated_media import convert, write_tone, write_video

FORMS = [
    ("wav", "pcm_s16le"),
    ("mp3", "libmp3lame"),
    ("mp4", "aac"),
    ("matroska", "flac"),
    ("mpegts", "mp2"),
    ("flac", "flac"),
    ("adts", "aac"),
    ("aiff", "pcm_s16be"),
]


@pytest.mark.parametrize(("container", "codec"), FORMS)
def test_sound_is_not_refused(tmp_path: Path, container: str, codec: str) -> None:
    tone = write_tone(tmp_path / "tone.wav")
    source = convert(tone, tmp_path / "sound", container=container, codec=codec)
    assert refused_media(source.read_bytes()) is None


def test_a_video_is_not_refused(tmp_path: Path) -> None:
    tone = write_tone(tmp_path / "tone.wav")
    assert refused_media(write_video(tmp_path / "video", sound=tone).read_bytes()) is None


@given(st.from_regex(r"[\w\"'(\[-]", fullmatch=True), st.text())
def test_text_is_not_refused(first: str, rest: str) -> None:
    text = (first + rest).replace("\x00", "")
    assert refused_media(text.encode(errors="replace")) is None


@pytest.mark.parametrize("beginning", ["WEBVTT\n", "1\n00:00:01,000 --> 00:00:02,000\n", "#!AMR\n"])
def test_captions_and_speech_codecs_are_not_refused(beginning: str) -> None:
    assert refused_media(beginning.encode()) is None


@given(st.binary(max_size=5000))
def test_any_bytes_are_looked_at(content: bytes) -> None:
    assert refused_media(content) in (
        None,
        "an archive",
        "a program",
        "a PDF or office document",
        "a database",
        "an image",
        "XML or HTML",
    )
