"""The few segments that say most of a document."""

from collections.abc import Sequence

import numpy as np

from store.model import Segment
from workers.enrich.layers.layer import LayerResult
from workers.enrich.layers.vocabulary import Vocabulary, vocabulary_of

MOST_SEGMENTS = 3
# A segment that is this much like a chosen one (by the cosine of their words) adds nothing.
ALIKE = 0.5


class ExtractedSummaryLayer:
    """The segments nearest to the document's centroid (Radev et al., 2004) that are not alike.

    Values: the segment's place in the summary by its weight, from 1, or null. Of the document:
    `{"text": …}`, those segments in the order in which they were said.
    """

    layer_name = "summary"
    layer_version = "1.0.0"
    required = False
    remote = False
    model_provider = "scikit-learn"
    model_id = "centroid-tfidf-english"

    def apply(self, segments: Sequence[Segment]) -> LayerResult:
        """Choose the segments."""
        vocabulary = vocabulary_of(segments, longest_term=1)
        chosen = [] if vocabulary is None else _chosen(vocabulary)
        places = {segment: place for place, segment in enumerate(chosen, start=1)}
        return LayerResult(
            values=[places.get(ordinal) for ordinal in range(len(segments))],
            document_value={"text": " ".join(segments[ordinal].text for ordinal in sorted(chosen))},
        )


def _chosen(vocabulary: Vocabulary) -> list[int]:
    weights = vocabulary.weights
    # The rows have the length 1 or 0, so that these products are cosines, but for one factor.
    nearness = np.asarray(weights @ weights.mean(axis=0).T).ravel()
    chosen: list[int] = []
    for candidate in np.argsort(-nearness, kind="stable"):
        if len(chosen) == MOST_SEGMENTS or nearness[candidate] <= 0:
            break
        row = weights[candidate]
        if all((row @ weights[other].T).sum() < ALIKE for other in chosen):
            chosen.append(int(candidate))
    return chosen
