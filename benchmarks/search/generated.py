"""Documents and queries whose words are as unevenly common as those of real speech (Zipf's law)."""

import random
import re
from collections.abc import Iterator, Sequence
from itertools import accumulate

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from benchmarks.search.judged import judged_set
from benchmarks.search.site import NewDocument
from embedding import SentenceEmbedder
from store.labels import label
from store.model import Passage, Segment

PASSAGES_PER_DOCUMENT = 100
PASSAGE_MS = 6_000

# How many of a thousand passages each is on; what is left over is Henry's, and neutral.
_SPEAKERS = {"Ada": 490, "Rosalind": 10, "Mary": 1}
_SENTIMENTS = {"negative": 300, "positive": 300}
_ENTITIES = {"Paris": 10, "Narvik": 1}
_MADE_WORDS = 20_000
_ONSETS = (
    "b",
    "c",
    "d",
    "f",
    "g",
    "h",
    "k",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "t",
    "w",
    "z",
    "ch",
    "st",
)
_RIMES = ("a", "e", "i", "o", "u", "en", "ar")


class GeneratedSpeech:
    """Endless speech, the same for each seed: stop words, then real words, then made-up ones.

    Of scikit-learn's stop words PostgreSQL keeps half, such as "across": some of the words stand in
    every fifth passage, as no telling word does in real speech. A search for them is a hard one.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  the same each time
        stop_words = sorted(ENGLISH_STOP_WORDS)
        self._words = [*stop_words, *self._real(), *self._made()]
        weights = [1 / (rank + 3) for rank in range(len(self._words))]
        self._all = list(accumulate(weights))
        self._telling = list(accumulate([0.0] * len(stop_words) + weights[len(stop_words) :]))

    def documents(self, passages: int, embedder: SentenceEmbedder) -> Iterator[NewDocument]:
        """Yield documents of 100 passages each; the last one may have fewer."""
        for number, first in enumerate(range(0, passages, PASSAGES_PER_DOCUMENT)):
            count = min(PASSAGES_PER_DOCUMENT, passages - first)
            yield NewDocument(
                title=f"generated {number}",
                language="de" if number % 10 == 9 else "en",
                passages=list(self._passages(count, embedder)),
            )

    def queries(self, count: int) -> Iterator[str]:
        """Yield queries, by turns two kinds: a few telling words, and a question of any words."""
        for number in range(count):
            if number % 2:
                yield self._draw(self._random.randint(4, 8), self._all)
            else:
                yield self._draw(self._random.randint(1, 4), self._telling)

    def texts(self, count: int) -> list[str]:
        """Return what is said in passages of 6 to 22 words."""
        return [self._draw(self._random.randint(6, 22), self._all) for _ in range(count)]

    def _passages(self, count: int, embedder: SentenceEmbedder) -> Iterator[Passage]:
        texts = self.texts(count)
        for ordinal, (text, vector) in enumerate(zip(texts, embedder.embed(texts), strict=True)):
            yield Passage(
                segment=Segment(
                    text=text,
                    start_ms=ordinal * PASSAGE_MS,
                    end_ms=(ordinal + 1) * PASSAGE_MS,
                    speaker=self._one_of(_SPEAKERS) or "Henry",
                ),
                embedding=tuple(vector),
                labels=frozenset(self._labels(text)),
            )

    def _labels(self, text: str) -> Iterator[str]:
        yield label("sentiment", self._one_of(_SENTIMENTS) or "neutral")
        yield label("topics", str(self._random.randrange(8)))
        if entity := self._one_of(_ENTITIES):
            yield label("entities", entity)
        for word in text.split()[:3]:
            yield label("keywords", word)

    def _one_of(self, shares: dict[str, int]) -> str | None:
        drawn = self._random.randrange(1000)
        for name, share in shares.items():
            if drawn < share:
                return name
            drawn -= share
        return None

    def _draw(self, count: int, weights: Sequence[float]) -> str:
        return " ".join(self._random.choices(self._words, cum_weights=weights, k=count))

    def _real(self) -> list[str]:
        texts = " ".join(judged_set().passages.values()).lower()
        words = sorted(set(re.findall("[a-z]+", texts)) - ENGLISH_STOP_WORDS)
        self._random.shuffle(words)
        return words

    def _made(self) -> list[str]:
        syllables = [onset + rime for onset in _ONSETS for rime in _RIMES]
        lengths = self._random.choices((2, 3, 3, 4), k=_MADE_WORDS)
        made = sorted({"".join(self._random.choices(syllables, k=length)) for length in lengths})
        self._random.shuffle(made)
        return made
