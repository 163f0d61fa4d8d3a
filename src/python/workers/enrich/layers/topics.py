"""What a document is about, and which part of it each segment is about."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import NMF

from store.model import Segment
from workers.enrich.layers.layer import LayerResult
from workers.enrich.layers.vocabulary import vocabulary_of

MOST_TOPICS = 8
SEGMENTS_PER_TOPIC = 6
TERMS_PER_TOPIC = 5
ITERATIONS = 200


class TopicsLayer:
    """Non-negative matrix factorization of the words' weights (Lee and Seung, Nature 1999).

    Values: the segment's topic by its number, from 0, or null where it is about none of them. Of
    the document: a list of `{"terms": […]}`, most characteristic first.
    """

    layer_name = "topics"
    layer_version = "1.0.0"
    required = False
    remote = False
    model_provider = "scikit-learn"
    model_id = "nmf-tfidf-english"

    def apply(self, segments: Sequence[Segment]) -> LayerResult:
        """Find the topics."""
        vocabulary = vocabulary_of(segments, longest_term=1)
        if vocabulary is None:
            return LayerResult(values=[None] * len(segments), document_value=[])
        most = min(MOST_TOPICS, len(vocabulary.terms), -(-len(segments) // SEGMENTS_PER_TOPIC))
        # The same input gives the same topics; and without a tolerance nobody is warned of it.
        model = NMF(n_components=most, init="nndsvd", max_iter=ITERATIONS, tol=0, random_state=0)
        shares = model.fit_transform(vocabulary.weights)
        topics = [{"terms": _heaviest(vocabulary.terms, row)} for row in model.components_]
        return LayerResult(values=[_topic(row) for row in shares], document_value=topics)


def _heaviest(terms: Sequence[str], weights: NDArray[np.float64]) -> list[str]:
    order = np.argsort(-weights, kind="stable")[:TERMS_PER_TOPIC]
    return [terms[place] for place in order if weights[place] > 0]


def _topic(shares: NDArray[np.float64]) -> int | None:
    best = int(shares.argmax())
    return best if shares[best] > 0 else None
