"""Captions and plain text as segments."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.model import Segment
from workers.transcribe.captions import UnreadableCaptions, parse_captions, read_captions
from workers.transcribe.prose import PASSAGE_CHARACTERS
from workers.transcribe.size import MOST_BYTES, MOST_SEGMENTS, TranscriptTooLong


def said(content: str) -> list[tuple[str | None, str]]:
    return [(segment.speaker, segment.text) for segment in parse_captions(content.encode())]


def test_webvtt_keeps_times_and_voices_and_drops_markup() -> None:
    content = (
        "\ufeffWEBVTT - Interview\nKind: captions\n\n"
        "STYLE\n::cue { color: red }\n\nNOTE nobody says this\n\n"
        "intro\n00:01.500 --> 01:00:02.000 align:start\n<v.loud Ada &amp; Co>Fish <i>&amp;</i>\n"
        "chips &lt;hot&gt;</v>\n\n"
        "01:00:03.000 --> 01:00:04.000\n<00:01:00.500><c.yellow>Nobody</c> speaks\n"
    )
    assert parse_captions(content.encode()) == (
        Segment(text="Fish & chips <hot>", start_ms=1_500, end_ms=3_602_000, speaker="Ada & Co"),
        Segment(text="Nobody speaks", start_ms=3_603_000, end_ms=3_604_000),
    )


def test_each_voice_of_a_cue_is_a_segment() -> None:
    content = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Roger>Hi\n<v Bob>Hello there\n"
    assert said(content) == [("Roger", "Hi"), ("Bob", "Hello there")]


def test_subrip_is_read_as_it_is_found_in_the_wild() -> None:
    content = (
        "\ufeff\r\n1\r\n00:00:01,000 --> 00:00:02,500\r\n{\\an8}<i>Up there</i>\r\n\r\n"
        "2\r\n00:00:03.000 --> 00:00:04.000\r\n1984\r\n3\r\n00:00:05,000 --> 00:00:06,000\r\nEnd"
    )
    assert parse_captions(content.encode()) == (
        Segment(text="Up there", start_ms=1_000, end_ms=2_500),
        Segment(text="1984", start_ms=3_000, end_ms=4_000),
        Segment(text="End", start_ms=5_000, end_ms=6_000),
    )


def test_cues_come_in_order_of_time_and_never_end_before_they_start() -> None:
    content = "WEBVTT\n\n00:05.000 --> 00:04.000\nlate\n\n00:01.000 --> 00:02.000\nearly\n"
    assert parse_captions(content.encode()) == (
        Segment(text="early", start_ms=1_000, end_ms=2_000),
        Segment(text="late", start_ms=5_000, end_ms=5_000),
    )


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\nfine\n\n00:03.000 --> 00:0x.000\nlost\n", 6),
        (b"WEBVTT\n\n00:01.000 --> 00:90.000\nlost\n", 3),
        (b"1\n00:00:01,000 --> 00:00:02,000\nfine\n\n2\n00:00:03,000 --> never\nlost\n", 6),
        (b"00:00:01,000 --> 00:00:02,000\nno number\n", 1),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\ncaf\xe9\n", 4),
    ],
)
def test_broken_captions_are_refused_with_the_line_and_without_their_text(
    content: bytes, line: int
) -> None:
    with pytest.raises(UnreadableCaptions, match=rf"\bline {line}\b") as refusal:
        parse_captions(content)
    assert "lost" not in str(refusal.value)


def test_labels_name_speakers_in_a_conversation() -> None:
    assert said(
        "ADA: Good morning.\nGrace Hopper: Hello.\n\nADA: Shall we?\nGrace Hopper: Yes:\nnow."
    ) == [
        ("ADA", "Good morning."),
        ("Grace Hopper", "Hello."),
        ("ADA", "Shall we?"),
        ("Grace Hopper", "Yes: now."),
    ]
    cues = ["JOHN: One.", "Two.", "- MARY: Three.", ">> JOHN: Four.", "MARY: Five."]
    content = "".join(
        f"{number}\n00:00:0{number},000 --> 00:00:0{number},500\n{cue}\n\n"
        for number, cue in enumerate(cues, start=1)
    )
    assert said(content) == [
        ("JOHN", "One."),
        (None, "Two."),
        ("MARY", "Three."),
        ("JOHN", "Four."),
        ("MARY", "Five."),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Note: this is prose. Warning: it stays prose.",
        "Ingredients: flour, water.\n\nMethod: stir.\n\nNote: wait.",
        "TO DO: sleep\n\nTO DO: eat",
        "See https://example.org/ for more.\n\nMeet at 12:30.",
    ],
)
def test_the_odd_colon_names_nobody(text: str) -> None:
    assert {speaker for speaker, _ in said(text)} == {None}
    assert " ".join(text.split()) == " ".join(words for _, words in said(text))


def test_long_paragraphs_are_split_between_sentences_and_never_across_paragraphs() -> None:
    sentence = "The lamp was lit every evening at dusk, whatever the weather was like."
    passages = [text for _, text in said(f"Short.\n\n{' '.join([sentence] * 20)}")]
    assert passages[0] == "Short."
    assert len(passages) == 5
    assert all(len(text) <= PASSAGE_CHARACTERS for text in passages)
    assert all(text.startswith("The lamp") and text.endswith("like.") for text in passages[1:])


@given(st.text(max_size=2_000))
def test_no_word_of_a_text_is_lost(text: str) -> None:
    passages = parse_captions(("Begin " + text).encode("utf-8", errors="replace"))
    found = "".join("".join(passage.text.split()) for passage in passages)
    printable = "".join(
        letter for letter in text if letter >= " " and not "\x7f" <= letter < "\xa0"
    )
    expected = "".join(("Begin" + printable).encode("utf-8", errors="replace").decode().split())
    assert all(len(passage.text) <= PASSAGE_CHARACTERS for passage in passages)
    if not any(passage.speaker for passage in passages):
        assert found == expected


CUE_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)
CUES = st.lists(
    st.tuples(st.integers(0, 10**8), st.integers(0, 10**6), CUE_TEXT), min_size=1, max_size=12
)


def clock(milliseconds: int, separator: str) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{separator}{rest:03}"


@given(CUES, st.sampled_from([("WEBVTT\n\n", "."), ("", ",")]))
def test_generated_cues_come_back(cues: list[tuple[int, int, str]], form: tuple[str, str]) -> None:
    beginning, separator = form
    escaped = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "{": "&#123;"})
    content = beginning + "".join(
        f"{number}\n{clock(start, separator)} --> {clock(start + length, separator)}\n"
        f"Ok {text.translate(escaped)}\n\n"
        for number, (start, length, text) in enumerate(cues, start=1)
    )
    segments = parse_captions(content.encode())
    assert [(segment.start_ms, segment.end_ms, segment.text) for segment in segments] == [
        (start, start + length, f"Ok {text}")
        for start, length, text in sorted(cues, key=lambda cue: cue[0])
    ]


BITS = st.sampled_from(
    [
        b"WEBVTT\n\n", b"\n", b"\r\n", b" --> ", b"00:01.000", b"00:00:01,000", b"1\n", b"<v A>",
        b"</v>", b"<", b"&#0;", b"&#xD800;", b"NOTE ", b"STYLE\n", b"REGION\n", b"\x00", b"\xff",
        b"ADA: ", b"BOB: ", b"{\\an8}", "\u2028".encode(), "\ufeff".encode(), b"\x85", b"text",
    ]
)  # fmt: skip


@settings(max_examples=300)
@given(st.one_of(st.binary(), st.lists(BITS | st.binary(max_size=4), max_size=40).map(b"".join)))
def test_any_bytes_end_in_segments_or_in_refusal(content: bytes) -> None:
    try:
        segments = parse_captions(content)
    except UnreadableCaptions:
        return
    for segment in segments:
        assert segment.text.strip() == segment.text != ""
        assert "\x00" not in segment.text
        assert (segment.start_ms is None) == (segment.end_ms is None)
        if segment.start_ms is not None and segment.end_ms is not None:
            assert 0 <= segment.start_ms <= segment.end_ms < 2**63
        assert segment.speaker is None or segment.speaker.strip()
    for before, after in pairwise(segments):
        assert (before.start_ms or 0) <= (after.start_ms or 0)


CUE = b"WEBVTT\n\n00:01.000 --> 00:02.000\nx"
MANY = 1_000_000


# A step for each letter takes a second; one for each pair of letters would take days.
@pytest.mark.parametrize(
    "content",
    [
        CUE + (b"&#" + b"9" * 5_000) * 200,
        CUE + b"<v" + b" " * MANY,
        CUE + b"<v a" * (MANY // 4),
        CUE + b"<v.a" * (MANY // 4) + b">",
        CUE + b"{\\" * (MANY // 2),
        CUE + b"<" * MANY,
        CUE + b"a" * MANY,
        b" " * MANY + b"x",
        b" \n" * (MANY // 2) + b"x",
        b"1" * MANY,
        b"a\n" + b" \n" * (MANY // 2) + b"b",
        b"x\nA:" + b" " * MANY + b"y",
        b"a" * MANY,
        b"a." + b"'" * MANY,
    ],
    ids=lambda content: repr(content[:10] + content[32:40]),
)
def test_hostile_text_is_read_letter_by_letter(content: bytes) -> None:
    segments = parse_captions(content)
    assert segments
    assert all(len(segment.text) <= PASSAGE_CHARACTERS for segment in segments)


def test_a_reference_to_no_letter_is_text() -> None:
    assert said(f"WEBVTT\n\n00:01.000 --> 00:02.000\n&#{'9' * 20}; &#65;\n") == [
        (None, f"&#{'9' * 20}; A")
    ]


@pytest.mark.parametrize(
    "content",
    [
        CUE + b"\n\n0:0.0-->0:0.1\na" * MOST_SEGMENTS,
        CUE + b"<v a>x" * (MOST_SEGMENTS + 1),
        b"A: b\n" * (MOST_SEGMENTS + 1),
        b"a\n\n" * (MOST_SEGMENTS + 1),
    ],
    ids=["cues", "voices", "turns", "paragraphs"],
)
def test_more_than_one_document_can_hold_is_refused(content: bytes) -> None:
    with pytest.raises(TranscriptTooLong, match=r"more than 20,000 \w+: split the document"):
        parse_captions(content)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "transcript"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(TranscriptTooLong, match="larger than 16 MiB: split the document"):
        read_captions(path)
    path.write_bytes(b"Just a word.")
    assert [segment.text for segment in read_captions(path)] == ["Just a word."]


def test_a_cue_that_is_too_long_becomes_passages_with_its_times() -> None:
    cue = "word " * 200
    segments = parse_captions(f"WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ada>{cue}\n".encode())
    assert " ".join(segment.text for segment in segments) == cue.strip()
    assert len(segments) == 3
    assert {(each.start_ms, each.end_ms, each.speaker) for each in segments} == {
        (1_000, 2_000, "Ada")
    }
