"""What a layer is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from store.model import Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerResult:
    """A JSON value for each segment, and the tokens it took where the provider counts them.

    `document_value` is what the layer says of the document as a whole, if anything.
    """

    values: Sequence[object]
    document_value: object = None
    tokens_in: int | None = None
    tokens_out: int | None = None


class Layer(Protocol):
    """Says something about each segment of a document.

    `layer_version` is a semantic version: it changes when the same input may give other values.
    `apply` may raise BadInput and Unavailable (workers.runtime.failure), whose messages are told.
    """

    @property
    def layer_name(self) -> str:
        """The layer's name."""

    @property
    def required(self) -> bool:
        """Whether the job fails without it. One that is not is left out once no attempt is left."""

    @property
    def remote(self) -> bool:
        """Whether it mostly waits for another machine, and so runs beside the other layers."""

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
