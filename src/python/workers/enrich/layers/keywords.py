"""What sets a segment apart from the rest of its document."""

from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from store.model import Segment
from workers.enrich.layers.layer import LayerResult

KEYWORDS_PER_SEGMENT = 5


class KeywordsLayer:
    """Words and pairs of words by TF-IDF within the document. Values: lists, best first."""

    layer_name = "keywords"
    layer_version = "1.0.0"
    model_provider = "scikit-learn"
    model_id = "tfidf-1-2-grams-english"

    def apply(self, segments: Sequence[Segment]) -> LayerResult:
        """Find the keywords of each segment."""
        vectorizer = TfidfVectorizer(ngram_range=(1, 2), stop_words="english", sublinear_tf=True)
        try:
            weights = vectorizer.fit_transform(segment.text for segment in segments)
        except ValueError:
            # scikit-learn's way to say that there is no word but stop words.
            return LayerResult(values=[[] for _ in segments])
        terms = vectorizer.get_feature_names_out()
        return LayerResult(values=[_best(terms, row.toarray()[0]) for row in weights])


def _best(terms: Sequence[str], weights: np.ndarray) -> list[str]:
    order = np.argsort(-weights, kind="stable")[:KEYWORDS_PER_SEGMENT]
    return [str(terms[place]) for place in order if weights[place] > 0]
