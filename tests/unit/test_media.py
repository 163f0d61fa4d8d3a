"""What media is told to be, and its sound in one form."""

import contextlib
import os
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.model import MediaKind
from tests.unit.generated_media import convert, write_tone, write_video
from workers.ingest import media
from workers.ingest.media import UnsupportedMedia, decode_audio, sniff


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n", MediaKind.SUBTITLES),
        (b"\xef\xbb\xbfWEBVTT - with a title\r\n\r\n", MediaKind.SUBTITLES),
        (b"WEBVTT", MediaKind.SUBTITLES),
        (b"\xef\xbb\xbf\n1\r\n00:00:01,000 --> 00:00:02,000\r\nHi\r\n", MediaKind.SUBTITLES),
        # Latin-1 captions are captions all the same: their reader says what is wrong, and where.
        (b"1\n00:00:01,000 --> 00:00:02,000\ncaf\xe9\n", MediaKind.SUBTITLES),
        ("Grüße, ещё 日本語\n".encode() * 20_000, MediaKind.TEXT),
        (b"WEBVTTING is not a format\n", MediaKind.TEXT),
        (b"An arrow --> in a text.\n", MediaKind.TEXT),
    ],
)
def test_captions_and_text_are_told_by_their_bytes(
    tmp_path: Path, content: bytes, kind: MediaKind
) -> None:
    path = tmp_path / "misleading.mp3"
    path.write_bytes(content)
    assert sniff(path) is kind


@pytest.mark.parametrize(
    ("container", "codec"),
    [
        ("wav", "pcm_s16le"),
        ("mp3", "libmp3lame"),
        ("mp4", "aac"),
        ("matroska", "flac"),
        ("mpegts", "mp2"),
    ],
)
def test_sound_of_any_container_becomes_16_khz_mono_flac(
    tmp_path: Path, container: str, codec: str
) -> None:
    tone = write_tone(tmp_path / "tone.wav", seconds=1.5)
    source = convert(tone, tmp_path / "misleading.txt", container=container, codec=codec)
    assert sniff(source) is MediaKind.AUDIO
    sound = decode_audio(source, tmp_path / "sound")
    # Lossy codecs add up to two of their frames.
    assert 1500 <= sound.duration_ms <= 1560
    with av.open(str(tmp_path / "sound")) as flac:
        [stream] = flac.streams.audio
        form = (flac.format.name, stream.rate, stream.layout.name, stream.format.name)
        assert form == ("flac", 16_000, "mono", "s16")
        samples = sum(frame.samples for frame in flac.decode(audio=0))
        assert samples * 1000 // 16_000 == sound.duration_ms


def test_a_video_is_heard(tmp_path: Path) -> None:
    tone = write_tone(tmp_path / "tone.wav")
    video = write_video(tmp_path / "video", sound=tone)
    assert sniff(video) is MediaKind.AUDIO
    assert decode_audio(video, tmp_path / "sound").duration_ms >= 1000


def test_a_silent_film_is_refused_for_what_it_lacks(tmp_path: Path) -> None:
    film = write_video(tmp_path / "film", sound=None)
    with pytest.raises(UnsupportedMedia, match="no audio stream"):
        sniff(film)
    with pytest.raises(UnsupportedMedia, match="no audio stream"):
        decode_audio(film, tmp_path / "sound")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n\t", "without a word"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "no audio, video, subtitles or UTF-8 text"),
        (b"PK\x03\x04" + bytes(200), "no audio, video, subtitles or UTF-8 text"),
        (b"text, then not: " * 10_000 + b"\x00\x01", "no audio, video, subtitles or UTF-8 text"),
        ("cut within a letter é".encode()[:-1], "no audio, video, subtitles or UTF-8 text"),
    ],
)
def test_what_cannot_be_worked_on_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "media.wav"
    path.write_bytes(content)
    with pytest.raises(UnsupportedMedia, match=reason):
        sniff(path)


def test_damage_costs_no_more_than_what_is_damaged(tmp_path: Path) -> None:
    tone = write_tone(tmp_path / "tone.wav", seconds=4)
    source = convert(tone, tmp_path / "tone.mka", container="matroska", codec="aac")
    damaged = bytearray(source.read_bytes())
    middle = len(damaged) // 2
    damaged[middle : middle + 200] = bytes(200)
    source.write_bytes(damaged)
    assert decode_audio(source, tmp_path / "sound").duration_ms >= 1500


def test_a_recording_cut_short_keeps_its_beginning(tmp_path: Path) -> None:
    tone = write_tone(tmp_path / "tone.wav", seconds=4)
    source = convert(tone, tmp_path / "tone.flac", container="flac", codec="flac")
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    assert 1000 <= decode_audio(source, tmp_path / "sound").duration_ms <= 3000


def test_a_playlist_opens_no_other_file(tmp_path: Path) -> None:
    write_tone(tmp_path / "private.wav")
    playlist = tmp_path / "original"
    playlist.write_bytes(b"ffconcat version 1.0\nfile 'private.wav'\n#\xff\n")
    with pytest.raises(UnsupportedMedia):
        sniff(playlist)
    with pytest.raises(UnsupportedMedia):
        decode_audio(playlist, tmp_path / "sound")


@settings(max_examples=60)
@given(data=st.data())
def test_mangled_media_ends_in_sound_or_in_refusal(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("mangled")
    tone = write_tone(folder / "tone.wav", seconds=0.2)
    container, codec = data.draw(st.sampled_from([("mp3", "libmp3lame"), ("mp4", "aac")]))
    content = bytearray(
        convert(tone, folder / "media", container=container, codec=codec).read_bytes()
    )
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (folder / "media").write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with contextlib.suppress(UnsupportedMedia):
        if sniff(folder / "media") is MediaKind.AUDIO:
            assert decode_audio(folder / "media", folder / "sound").duration_ms >= 0


@pytest.mark.parametrize(
    ("rate_hz", "reason"),
    [(1, "claims 1 samples a second"), (1_000_000, "claims 1,000,000 samples a second")],
)
def test_a_rate_that_no_sound_has_is_refused(tmp_path: Path, rate_hz: int, reason: str) -> None:
    # At one sample a second these 32 kilobytes would become four and a half hours of FLAC.
    content = bytearray(write_tone(tmp_path / "tone.wav").read_bytes())
    content[24:28] = rate_hz.to_bytes(4, "little")
    (tmp_path / "odd.wav").write_bytes(content)
    with pytest.raises(UnsupportedMedia, match=reason):
        decode_audio(tmp_path / "odd.wav", tmp_path / "sound")


def test_more_sound_than_its_bytes_can_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tone = write_tone(tmp_path / "tone.wav", seconds=3)
    monkeypatch.setattr(media, "ALWAYS_ALLOWED_S", 0)
    monkeypatch.setattr(media, "LEAST_BYTES_A_SECOND", 64_000)
    with pytest.raises(UnsupportedMedia, match="more sound than its bytes can hold"):
        decode_audio(tone, tmp_path / "sound")
    monkeypatch.setattr(media, "LONGEST_S", 1)
    with pytest.raises(UnsupportedMedia, match="longer than 24 hours: split the media"):
        decode_audio(tone, tmp_path / "sound")


def test_a_file_that_is_not_there_is_not_blamed_on_the_media(tmp_path: Path) -> None:
    for read in (sniff, lambda path: decode_audio(path, tmp_path / "sound")):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "nothing")


def test_what_is_wrong_with_the_target_is_not_blamed_on_the_media(tmp_path: Path) -> None:
    tone = write_tone(tmp_path / "tone.wav")
    with pytest.raises(OSError, match=os.strerror(2)):
        decode_audio(tone, tmp_path / "no such folder" / "sound")
