"""The layers that a document gets."""

from workers.enrich.chat_model import ChatModel
from workers.enrich.layers.layer import Layer


def every_layer(chat_model: ChatModel | None) -> tuple[Layer, ...]:
    """Load the layers, in the order in which they are computed.

    With a `chat_model` it writes the summary; without one, that is put together from segments.
    """
    # Here, since a command's --help must not wait for model libraries.
    from embedding import default_embedder
    from workers.enrich.layers.embedding import EmbeddingLayer
    from workers.enrich.layers.entities import EntitiesLayer
    from workers.enrich.layers.extracted_summary import ExtractedSummaryLayer
    from workers.enrich.layers.keywords import KeywordsLayer
    from workers.enrich.layers.sentiment import SentimentLayer
    from workers.enrich.layers.topics import TopicsLayer
    from workers.enrich.layers.written_summary import WrittenSummaryLayer

    return (
        SentimentLayer(),
        KeywordsLayer(),
        EntitiesLayer(),
        TopicsLayer(),
        ExtractedSummaryLayer() if chat_model is None else WrittenSummaryLayer(chat_model),
        EmbeddingLayer(default_embedder()),
    )
