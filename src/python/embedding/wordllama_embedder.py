"""Sentence vectors by WordLlama, whose weights ship in its wheel."""

from collections.abc import Sequence
from pathlib import Path

import wordllama
from wordllama import WordLlama

from embedding.sentence_embedder import EMBEDDING_DIMENSIONS

MODEL = "l2_supercat"


class WordLlamaEmbedder:
    """Averages the token vectors of a language model; fast, and blind to word order."""

    model_provider = "wordllama"
    model_id = f"{MODEL}_{EMBEDDING_DIMENSIONS}"

    def __init__(self) -> None:
        self._model = WordLlama.load(
            config=MODEL,
            dim=EMBEDDING_DIMENSIONS,
            cache_dir=Path(wordllama.__file__).parent,
            disable_download=True,
        )
        # It keeps what it has seen, by whole sentences: 80 MB that hardly ever serve again.
        self._model.tokenizer.model._resize_cache(0)  # noqa: SLF001  there is no other way

    def embed(self, sentences: Sequence[str]) -> list[list[float]]:
        """Return a vector for each sentence."""
        if not sentences:
            return []
        # A text without a token has no direction, and its vector would be NaN.
        texts = [sentence or " " for sentence in sentences]
        vectors: list[list[float]] = self._model.embed(texts, norm=True).tolist()
        return vectors
