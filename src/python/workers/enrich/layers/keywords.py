"""What sets a segment apart from the rest of its document."""

from collections.abc import Sequence

from scipy.sparse import csr_matrix

from store.model import Segment
from workers.enrich.layers.layer import LayerResult
from workers.enrich.layers.vocabulary import vocabulary_of

KEYWORDS_PER_SEGMENT = 5


class KeywordsLayer:
    """Words and pairs of words by TF-IDF within the document. Values: lists, best first."""

    layer_name = "keywords"
    layer_version = "1.0.0"
    required = False
    remote = False
    model_provider = "scikit-learn"
    model_id = "tfidf-1-2-grams-english"

    def apply(self, segments: Sequence[Segment]) -> LayerResult:
        """Find the keywords of each segment."""
        vocabulary = vocabulary_of(segments, longest_term=2)
        if vocabulary is None:
            return LayerResult(values=[[] for _ in segments])
        return LayerResult(values=[_best(vocabulary.terms, row) for row in vocabulary.weights])


def _best(terms: Sequence[str], row: csr_matrix) -> list[str]:
    # Only what occurs in the segment: a row as wide as the vocabulary takes too long to sort.
    order = sorted(zip(-row.data, row.indices, strict=True))[:KEYWORDS_PER_SEGMENT]
    return [terms[place] for _, place in order]
