"""The search index, written: passages with their full text, sentence vectors and labels."""

from collections.abc import Sequence

from psycopg import AsyncConnection

from store.model import Passage

INDEX_NAME = "passages"


async def replace_passages(
    connection: AsyncConnection, document_id: str, passages: Sequence[Passage]
) -> None:
    """Put `passages` in place of what the index knows of the document."""
    await connection.execute("DELETE FROM passages WHERE document_id = %s", [document_id])
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO passages"
            " (document_id, ordinal, start_ms, end_ms, speaker, text, embedding, labels)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s::vector, %s)",
            [
                (
                    document_id,
                    ordinal,
                    passage.segment.start_ms,
                    passage.segment.end_ms,
                    passage.segment.speaker,
                    passage.segment.text,
                    vector_text(passage.embedding),
                    sorted(passage.labels),
                )
                for ordinal, passage in enumerate(passages)
            ],
        )


def vector_text(values: Sequence[float]) -> str:
    """Write a vector as pgvector reads it."""
    return f"[{','.join(map(str, values))}]"
