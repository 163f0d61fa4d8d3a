"""Who and what a segment names: names, times, and quantities."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from store.model import Segment
from workers.enrich.layers.layer import LayerResult
from workers.enrich.layers.vocabulary import STOP_WORDS

_CAPITAL = r"[^\W\d_a-z]\w*(?:['\u2019-]\w+)*"
# One capitalised word or several; "of" and its like may stand between two.
_NAME = re.compile(rf"\b{_CAPITAL}(?: (?:(?:of|de|van|von|the) )?{_CAPITAL}){{0,7}}")
_SENTENCE_START = re.compile(r"(?:[.!?:\u2026][\"'\u201d\u2019)]*\s+|[\"\u201c(]\s*)$")
_POSSESSIVE = re.compile(r"['\u2019]s$")
_WORD = re.compile(r"[^\W\d_]+")

_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
)
_DAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_TIME = re.compile(
    rf"\b(?:(?:\d{{1,2}}(?:st|nd|rd|th)? )?{_MONTH}(?: \d{{1,2}}(?:st|nd|rd|th)?\b(?!:))?"
    rf"(?:,? \d{{4}}\b)?|{_DAY}s?|(?:1[0-9]|20)\d\d\b(?![.,]?\d)|\d{{1,2}}:\d\d(?: ?[ap]m)?)\b"
)
_QUANTITY = re.compile(
    r"(?:[$\u20ac\u00a3]\s?\d[\d,]{0,20}(?:\.\d{1,20})?(?: (?:thousand|million|billion))?"
    r"|\b\d[\d,]{0,20}(?:\.\d{1,20})?(?:\s?%| (?:percent|thousand|million|billion"
    r"|metres?|meters?|kilometres?|kilometers?|miles?|feet|kilos?|kilograms?|pounds?|tons?|euros?|dollars?|degrees?|hours?"
    r"|minutes?|seconds?|days?|weeks?|months?|years?)\b))"
)


class EntitiesLayer:
    """Rules on the writing of English. Values: lists of `{"text": …, "kind": …}`, as they come.

    `kind` is `name`, `time` or `quantity`. Capitals alone do not tell a person from a place.
    """

    layer_name = "entities"
    layer_version = "1.0.0"
    required = False
    remote = False
    model_provider = "narralytica"
    model_id = "rules-english"

    def apply(self, segments: Sequence[Segment]) -> LayerResult:
        """Find the entities of each segment."""
        writing = _writing_of(segments)
        return LayerResult(values=[_entities(segment.text, writing) for segment in segments])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writing:
    """How a document writes its words; a capital at the start of a sentence says nothing.

    `small` are the words that are no names, `names` those that are wherever they stand.
    """

    small: set[str]
    names: set[str]


def _writing_of(segments: Sequence[Segment]) -> _Writing:
    small, names = set(STOP_WORDS), set[str]()
    for segment in segments:
        small.update(word for word in _WORD.findall(segment.text) if word[0].islower())
        names.update(
            _first(match.group())
            for match in _NAME.finditer(segment.text)
            if not _starts_sentence(match)
        )
    return _Writing(small=small, names=names - small)


def _entities(text: str, writing: _Writing) -> list[dict[str, str]]:
    found = [(match.span(), match.group(), "time") for match in _TIME.finditer(text)]
    found += [(match.span(), match.group(), "quantity") for match in _QUANTITY.finditer(text)]
    taken = {place for (start, end), _, _ in found for place in range(start, end)}
    for match in _NAME.finditer(text):
        words = _name(match, writing)
        if words and taken.isdisjoint(range(*match.span())):
            found.append((match.span(), words, "name"))
    unique = dict.fromkeys((words, kind) for _, words, kind in sorted(found))
    return [{"text": words, "kind": kind} for words, kind in unique]


def _name(match: re.Match[str], writing: _Writing) -> str:
    """Return the name among capitalised words, or nothing."""
    words = match.group()
    if _starts_sentence(match):
        while words and _first(words) in writing.small:
            words = words.partition(" ")[2]
        if words == match.group() and " " not in words and _first(words) not in writing.names:
            return ""
    return "" if _first(words) in STOP_WORDS else _POSSESSIVE.sub("", words)


def _starts_sentence(match: re.Match[str]) -> bool:
    # A few characters tell; to look at all of them for each match would take for ever.
    before = match.string[max(0, match.start() - 8) : match.start()]
    return not before or _SENTENCE_START.search(before) is not None


def _first(words: str) -> str:
    """Return the first word, small and without what hangs on an apostrophe."""
    return re.split(r"['\u2019 ]", words.lower(), maxsplit=1)[0]
