"""The words of a document that mean something, weighed by TF-IDF."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer

from store.model import Segment

# Words of two letters or more, none of the digits' kind; what hangs on an apostrophe goes first.
_WORD = r"(?u)\b[^\W\d_]{2,}\b"
_CONTRACTION = re.compile(r"(?:n['\u2019]t|['\u2019](?:s|re|ve|ll|d|m))\b")

# Common in speech, and not in the list of stop words that scikit-learn has.
STOP_WORDS = ENGLISH_STOP_WORDS | {
    *("did", "does", "doing", "having", "just", "let", "like", "oh", "okay", "really", "say"),
    *("said", "uh", "um", "want", "yeah", "yes"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The terms of a document, and how much each weighs in each segment (a row of `weights`)."""

    terms: Sequence[str]
    weights: csr_matrix


def vocabulary_of(segments: Sequence[Segment], *, longest_term: int) -> Vocabulary | None:
    """Weigh the terms of up to `longest_term` words; None when there is no word but stop words."""
    vectorizer = TfidfVectorizer(
        preprocessor=lambda text: _CONTRACTION.sub("", text.lower()),
        token_pattern=_WORD,
        stop_words=sorted(STOP_WORDS),
        ngram_range=(1, longest_term),
        sublinear_tf=True,
    )
    try:
        weights = vectorizer.fit_transform(segment.text for segment in segments)
    except ValueError:
        # scikit-learn's way to say that there is nothing but stop words.
        return None
    return Vocabulary(terms=vectorizer.get_feature_names_out().tolist(), weights=weights)
