"""What sets a segment apart from the rest of its document."""

import re
from collections.abc import Sequence

from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer

from store.model import Segment
from workers.enrich.layers.layer import LayerResult

KEYWORDS_PER_SEGMENT = 5

# Words of two letters or more, none of the digits' kind; what hangs on an apostrophe goes first.
_WORD = r"(?u)\b[^\W\d_]{2,}\b"
_CONTRACTION = re.compile(r"(?:n['\u2019]t|['\u2019](?:s|re|ve|ll|d|m))\b")

# Common in speech, and not in the list of stop words that scikit-learn has.
_STOP_WORDS = ENGLISH_STOP_WORDS | {
    *("did", "does", "doing", "having", "just", "let", "like", "oh", "okay", "really", "say"),
    *("said", "uh", "um", "want", "yeah", "yes"),
}


class KeywordsLayer:
    """Words and pairs of words by TF-IDF within the document. Values: lists, best first."""

    layer_name = "keywords"
    layer_version = "1.0.0"
    model_provider = "scikit-learn"
    model_id = "tfidf-1-2-grams-english"

    def apply(self, segments: Sequence[Segment]) -> LayerResult:
        """Find the keywords of each segment."""
        vectorizer = TfidfVectorizer(
            preprocessor=lambda text: _CONTRACTION.sub("", text.lower()),
            token_pattern=_WORD,
            stop_words=sorted(_STOP_WORDS),
            ngram_range=(1, 2),
            sublinear_tf=True,
        )
        try:
            weights = vectorizer.fit_transform(segment.text for segment in segments)
        except ValueError:
            # scikit-learn's way to say that there is no word but stop words.
            return LayerResult(values=[[] for _ in segments])
        terms = vectorizer.get_feature_names_out()
        return LayerResult(values=[_best(terms, row) for row in weights])


def _best(terms: Sequence[str], row: csr_matrix) -> list[str]:
    # Only what occurs in the segment: a row as wide as the vocabulary takes too long to sort.
    order = sorted(zip(-row.data, row.indices, strict=True))[:KEYWORDS_PER_SEGMENT]
    return [str(terms[place]) for _, place in order]
