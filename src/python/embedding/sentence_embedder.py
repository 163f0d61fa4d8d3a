"""What embeds sentences: one protocol, one adapter a model."""

from collections.abc import Sequence
from typing import Protocol

EMBEDDING_DIMENSIONS = 256


class SentenceEmbedder(Protocol):
    """Turns sentences into vectors of length 1, near each other when the sentences are."""

    @property
    def model_provider(self) -> str:
        """Who makes the model available."""

    @property
    def model_id(self) -> str:
        """The model's name."""

    def embed(self, sentences: Sequence[str]) -> list[list[float]]:
        """Return a vector of 256 dimensions for each sentence."""


def default_embedder() -> SentenceEmbedder:
    """Load the embedder that needs no download."""
    # Here, since a command's --help must not wait for a model library.
    from embedding.wordllama_embedder import WordLlamaEmbedder

    return WordLlamaEmbedder()
