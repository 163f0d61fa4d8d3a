"""The SQL of a search: candidates by each ranking, all scored alike, best first.

Scores are absolute: they depend on the query and the passage alone, not on what else is found. So
an answer can be continued behind any passage of it, and what is indexed meanwhile breaks nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, LiteralString

from psycopg.sql import SQL, Composable, Composed

SearchMode = Literal["lexical", "vector", "hybrid"]

#: How many passages a ranking brings; the hybrid one looks at as many by words as by meaning.
CANDIDATES = 100

#: Up to how many passages that meet a filter are compared without the vector index.
FEW = 10_000

#: Until the transaction ends. The vector index looks on until it has enough that meet a filter, in
#: its own order, since all that it finds are scored anew. The planner takes tables and indexes for
#: in memory, and starts no processes, which takes longer than what they would help with.
SEARCH_SETTINGS = SQL("""
    SELECT set_config('hnsw.ef_search', '{candidates}', true),
        set_config('hnsw.iterative_scan', 'relaxed_order', true),
        set_config('hnsw.max_scan_tuples', '100000', true),
        set_config('hnsw.scan_mem_multiplier', '16', true),
        set_config('random_page_cost', '1.1', true),
        set_config('max_parallel_workers_per_gather', '0', true)
""").format(candidates=CANDIDATES)

#: What of a text is looked for by words: its words without their endings, none of them twice.
LEXEMES = SQL("SELECT tsvector_to_array(to_tsvector('english', %s))")

# Any of the words may match. Each counts by how often it occurs: from 6/π² for once up to 1.
_ANY_WORD = SQL("%(any_word)s::tsquery")
_TWO_WORDS = SQL("%(two_words)s::tsquery")
_BY_WORDS = SQL("ts_rank(ARRAY[1, 1, 1, 1]::real[], lexemes, {})::float8").format(_ANY_WORD)
# The negative inner product: of vectors of length 1 it is the cosine, at half the cost.
_DISTANCE = SQL("embedding <#> %(embedding)s::halfvec")
_BY_MEANING = SQL("-({})").format(_DISTANCE)
_SCORES: Mapping[SearchMode, Composable] = {
    "lexical": _BY_WORDS,
    "vector": _BY_MEANING,
    # Every word once counts for a fifth of full likeness, half of the words for a quarter of that:
    # benchmarks/README.md says how this was chosen.
    "hybrid": SQL("{} + 0.2 * least(1, {} * pi() ^ 2 / 6) ^ 2").format(_BY_MEANING, _BY_WORDS),
}
# Two words, however rarely they occur, count for more than one, however often it does. So passages
# with one alone, of which a common word has very many, are ranked only where others are lacking.
_LEXICAL = SQL("""
    (WITH better AS (
        SELECT document_id, ordinal FROM passages WHERE lexemes @@ {two_words} AND {condition}
        ORDER BY {by_words} DESC, document_id, ordinal LIMIT {candidates}
    )
    SELECT document_id, ordinal FROM better
    UNION
    (SELECT document_id, ordinal FROM passages
    WHERE (SELECT count(*) < {candidates} FROM better) AND lexemes @@ {any_word} AND {condition}
    ORDER BY {by_words} DESC, document_id, ordinal LIMIT {candidates}))
""")
_VECTOR = SQL("""
    (SELECT document_id, ordinal FROM passage_embeddings ORDER BY {distance} LIMIT {candidates})
""")
# Few passages are all compared. The vector index would have to be read on and on for them, which
# the planner takes for cheaper than it is: by the negative distance it cannot be read.
_VECTOR_NARROWED = SQL("""
    (WITH counted AS MATERIALIZED (
        SELECT count(*) <= {few} AS are_few
        FROM (SELECT FROM passages WHERE {condition} LIMIT {few} + 1) AS met
    )
    (SELECT document_id, ordinal FROM passages JOIN passage_embeddings USING (document_id, ordinal)
    WHERE (SELECT are_few FROM counted) AND {condition}
    ORDER BY {by_meaning} DESC LIMIT {candidates})
    UNION ALL
    (SELECT document_id, ordinal
    FROM passage_embeddings JOIN passages USING (document_id, ordinal)
    WHERE (SELECT NOT are_few FROM counted) AND {condition}
    ORDER BY {distance} LIMIT {candidates}))
""")
_CONDITIONS: Mapping[str, LiteralString] = {
    # A condition of stop words alone has no nodes, and would match nothing.
    "conditions": """(
        numnode(websearch_to_tsquery('english', %(conditions)s)) = 0
        OR lexemes @@ websearch_to_tsquery('english', %(conditions)s))""",
    "document_id": "document_id = %(document_id)s",
    "created_from": "created_at >= %(created_from)s",
    "created_before": "created_at < %(created_before)s",
    "speaker": "speaker = %(speaker)s",
    "from_ms": "end_ms > %(from_ms)s",
    "before_ms": "start_ms < %(before_ms)s",
    "labels": "labels @> %(labels)s::text[]",
}
_CONTINUED = SQL("""
    score < %(after_score)s OR score = %(after_score)s
    AND (document_id, ordinal) > (%(after_document_id)s, %(after_ordinal)s)
""")
_ANSWER = SQL("""
    SELECT document_id, ordinal, title, language, text, start_ms, end_ms, speaker, score,
        %(mark)s::text AS mark,
        ts_headline('english', text, {any_word},
            format('HighlightAll=true, StartSel=%%s, StopSel=%%s', %(mark)s, %(mark)s)) AS marked
    FROM (
        SELECT passages.*, {score} AS score
        FROM ({candidates}) AS candidates
        JOIN passages USING (document_id, ordinal)
        JOIN passage_embeddings USING (document_id, ordinal)
    ) AS scored
    JOIN documents USING (document_id)
    WHERE {continued}
    ORDER BY score DESC, document_id, ordinal LIMIT %(limit)s
""")


def search_statement(mode: SearchMode, *, narrowed_by: Sequence[str], continued: bool) -> Composed:
    """Return the statement; its parameters are those that `store.search` gives."""
    condition = SQL(" AND ").join([SQL(_CONDITIONS[name]) for name in narrowed_by] or [SQL("true")])
    by_meaning = _VECTOR_NARROWED if narrowed_by else _VECTOR
    rankings = {"lexical": [_LEXICAL], "vector": [by_meaning], "hybrid": [_LEXICAL, by_meaning]}
    candidates = [
        ranking.format(
            any_word=_ANY_WORD,
            two_words=_TWO_WORDS,
            by_words=_BY_WORDS,
            distance=_DISTANCE,
            by_meaning=_BY_MEANING,
            condition=condition,
            candidates=CANDIDATES,
            few=FEW,
        )
        for ranking in rankings[mode]
    ]
    return _ANSWER.format(
        any_word=_ANY_WORD,
        score=_SCORES[mode],
        candidates=SQL(" UNION ").join(candidates),
        continued=_CONTINUED if continued else SQL("true"),
    )
