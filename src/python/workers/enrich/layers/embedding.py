"""The sentence vector of a segment, by which vector search finds it."""

from collections.abc import Sequence

from embedding import SentenceEmbedder
from store.model import Segment
from workers.enrich.layers.layer import LayerResult


class EmbeddingLayer:
    """Values: vectors of length 1, as lists of numbers. The search index is built on them."""

    layer_name = "embedding"
    layer_version = "1.0.0"
    required = True
    remote = False

    def __init__(self, embedder: SentenceEmbedder) -> None:
        self._embedder = embedder
        self.model_provider = embedder.model_provider
        self.model_id = embedder.model_id

    def apply(self, segments: Sequence[Segment]) -> LayerResult:
        """Embed each segment."""
        return LayerResult(values=self._embedder.embed([segment.text for segment in segments]))
