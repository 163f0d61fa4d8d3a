"""Plain text as passages short enough to be found, each within one paragraph or turn."""

import re
from collections.abc import Iterator

PASSAGE_CHARACTERS = 400

_BLANK_LINES = re.compile(r"\n\s*\n")
_SENTENCES = re.compile(r"(?<=[.!?\u2026])[\"'\u201d\u2019)]?\s+|(?<=[\u3002\uff01\uff1f])")


def paragraphs(text: str) -> list[str]:
    """Return the text between blank lines."""
    return [block.strip() for block in _BLANK_LINES.split(text) if block.strip()]


def passages(paragraph: str) -> list[str]:
    """Split a paragraph between sentences, and sentences that are too long between words."""
    found: list[str] = []
    for sentence in _sentences(" ".join(paragraph.split())):
        for piece in _pieces(sentence):
            if found and len(found[-1]) + 1 + len(piece) <= PASSAGE_CHARACTERS:
                found[-1] = f"{found[-1]} {piece}"
            else:
                found.append(piece)
    return found


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for match in _SENTENCES.finditer(text):
        yield text[start : match.end()].strip()
        start = match.end()
    yield text[start:].strip()


def _pieces(sentence: str) -> Iterator[str]:
    """Cut a sentence between words, and a word that is too long anywhere; in linear time."""
    start = 0
    while start < len(sentence):
        end = start + PASSAGE_CHARACTERS
        if end < len(sentence):
            space = sentence.rfind(" ", start, end + 1)
            end = end if space < 0 else space
        yield sentence[start:end]
        start = end + (sentence[end : end + 1] == " ")
