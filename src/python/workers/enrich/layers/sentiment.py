"""How positive or negative a segment sounds."""

from collections.abc import Sequence

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from store.model import Segment
from workers.enrich.layers.layer import LayerResult

# The thresholds that VADER's authors give (Hutto and Gilbert, ICWSM 2014).
THRESHOLD = 0.05


class SentimentLayer:
    """VADER: a lexicon and rules, for English. Values: `{"score": -1 … 1, "label": …}`."""

    layer_name = "sentiment"
    layer_version = "1.0.0"
    required = False
    remote = False
    model_provider = "vaderSentiment"
    model_id = "vader"

    def __init__(self) -> None:
        self._analyzer = SentimentIntensityAnalyzer()

    def apply(self, segments: Sequence[Segment]) -> LayerResult:
        """Score each segment."""
        return LayerResult(values=[self._value(segment.text) for segment in segments])

    def _value(self, text: str) -> dict[str, object]:
        score = float(self._analyzer.polarity_scores(text)["compound"])
        return {"score": score, "label": _label(score)}


def _label(score: float) -> str:
    if score >= THRESHOLD:
        return "positive"
    return "negative" if score <= -THRESHOLD else "neutral"
