"""The search index: full text (lexical), sentence vectors (vector), and both fused (hybrid)."""

from collections.abc import Mapping, Sequence

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.sql import SQL, Composed

from store.model import Passage, SearchHit, SearchMode

INDEX_NAME = "passages"

# Reciprocal-rank fusion: the constant of Cormack, Clarke and Büttcher (SIGIR 2009).
FUSION_CONSTANT = 60

_LEXICAL = SQL("""
    SELECT document_id, ordinal, ts_rank_cd(lexemes, query, 32)::float8 AS score
    FROM passages, websearch_to_tsquery('english', %(query)s) AS query
    WHERE lexemes @@ query
    ORDER BY score DESC, document_id, ordinal LIMIT %(depth)s
""")
_VECTOR = SQL("""
    SELECT document_id, ordinal, 1 - (embedding <=> %(embedding)s::vector) AS score
    FROM passages ORDER BY embedding <=> %(embedding)s::vector LIMIT %(depth)s
""")
_HYBRID = SQL("""
    SELECT document_id, ordinal, sum(1.0 / (%(fusion)s + place))::float8 AS score
    FROM (
        SELECT *, row_number() OVER (ORDER BY score DESC) AS place FROM ({}) AS lexical
        UNION ALL
        SELECT *, row_number() OVER (ORDER BY score DESC) AS place FROM ({}) AS vector
    ) AS ranked
    GROUP BY document_id, ordinal
""").format(_LEXICAL, _VECTOR)
_ANSWER = SQL("""
    SELECT document_id, title, text, start_ms, end_ms, speaker, score
    FROM ({}) AS ranking
    JOIN passages USING (document_id, ordinal) JOIN documents USING (document_id)
    ORDER BY score DESC, document_id, ordinal LIMIT %(limit)s
""")
_QUERIES: Mapping[SearchMode, Composed] = {
    "lexical": _ANSWER.format(_LEXICAL),
    "vector": _ANSWER.format(_VECTOR),
    "hybrid": _ANSWER.format(_HYBRID),
}


async def replace_passages(
    connection: AsyncConnection, document_id: str, passages: Sequence[Passage]
) -> None:
    """Put `passages` in place of what the index knows of the document."""
    await connection.execute("DELETE FROM passages WHERE document_id = %s", [document_id])
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO passages"
            " (document_id, ordinal, start_ms, end_ms, speaker, text, embedding)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s::vector)",
            [
                (
                    document_id,
                    ordinal,
                    passage.segment.start_ms,
                    passage.segment.end_ms,
                    passage.segment.speaker,
                    passage.segment.text,
                    _vector(passage.embedding),
                )
                for ordinal, passage in enumerate(passages)
            ],
        )


async def search_passages(
    connection: AsyncConnection,
    *,
    query: str,
    embedding: Sequence[float],
    mode: SearchMode,
    limit: int,
) -> list[SearchHit]:
    """Return the passages that answer `query` best, best first."""
    async with connection.cursor(row_factory=class_row(SearchHit)) as cursor:
        await cursor.execute(
            _QUERIES[mode],
            {
                "query": query,
                "embedding": _vector(embedding),
                "fusion": FUSION_CONSTANT,
                # Fusion needs to look deeper than the answer is long.
                "depth": max(4 * limit, 50) if mode == "hybrid" else limit,
                "limit": limit,
            },
        )
        return await cursor.fetchall()


def _vector(values: Sequence[float]) -> str:
    return f"[{','.join(map(str, values))}]"
