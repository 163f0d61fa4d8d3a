"""The filters that a search is measured with, from those that most passages meet to none does."""

from collections.abc import Mapping, Sequence

from benchmarks.search.generated import PASSAGE_MS, PASSAGES_PER_DOCUMENT

Narrowed = Mapping[str, str | int]

_END_MS = PASSAGE_MS * PASSAGES_PER_DOCUMENT


def filters(document_ids: Sequence[str]) -> dict[str, Narrowed]:
    """Return the filters by what they say, with the share of `generated.py`'s passages."""
    return {
        "none": {},
        "language, 90 %": {"language": "en"},
        "language, 10 %": {"language": "de"},
        "speaker, 49 %": {"speaker": "Ada"},
        "speaker, 1 %": {"speaker": "Rosalind"},
        "speaker, 0.1 %": {"speaker": "Mary"},
        "layer, 30 %": {"layer": "sentiment:negative"},
        "layer, 1 %": {"layer": "entities:Paris"},
        "layer, 0.1 %": {"layer": "entities:Narvik"},
        "document": {"document_id": document_ids[0]},
        "time, 10 %": {"from_ms": _END_MS // 2, "before_ms": _END_MS * 6 // 10 - PASSAGE_MS},
        "speaker and layer and language, 1.5 %": {
            "speaker": "Ada",
            "layer": "sentiment:negative",
            "language": "de",
        },
        "nobody": {"speaker": "nobody"},
    }
