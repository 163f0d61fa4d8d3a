"""Plain text as passages short enough to be found, each within one paragraph or turn."""

import re
import textwrap

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
        for piece in textwrap.wrap(sentence, PASSAGE_CHARACTERS, break_on_hyphens=False):
            if found and len(found[-1]) + 1 + len(piece) <= PASSAGE_CHARACTERS:
                found[-1] = f"{found[-1]} {piece}"
            else:
                found.append(piece)
    return found


def _sentences(text: str) -> list[str]:
    ends = [match.end() for match in _SENTENCES.finditer(text)]
    return [text[start:end].strip() for start, end in zip([0, *ends], [*ends, None], strict=True)]
