"""What a layer is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from store.model import Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerResult:
    """A JSON value for each segment, and the tokens it took where the provider counts them."""

    values: Sequence[object]
    tokens_in: int | None = None
    tokens_out: int | None = None


class Layer(Protocol):
    """Says something about each segment of a document.

    `layer_version` is a semantic version: it changes when the same input may give other values.
    """

    @property
    def layer_name(self) -> str:
        """The layer's name."""

    @property
    def layer_version(self) -> str:
        """The version of its definition."""

    @property
    def model_provider(self) -> str:
        """Who makes the model or algorithm available."""

    @property
    def model_id(self) -> str:
        """The model or algorithm."""

    def apply(self, segments: Sequence[Segment]) -> LayerResult:
        """Compute the layer; blocks while it computes."""


def default_layers() -> tuple[Layer, ...]:
    """Load the layers that every document gets, in the order in which they are computed."""
    # Here, since a command's --help must not wait for model libraries.
    from embedding import default_embedder
    from workers.enrich.layers.embedding import EmbeddingLayer
    from workers.enrich.layers.keywords import KeywordsLayer
    from workers.enrich.layers.sentiment import SentimentLayer

    return (SentimentLayer(), KeywordsLayer(), EmbeddingLayer(default_embedder()))
