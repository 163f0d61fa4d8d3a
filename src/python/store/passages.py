"""The search index, written: passages with their full text, sentence vectors and labels."""

from collections.abc import Sequence

from psycopg import AsyncConnection

from store.documents import find_document
from store.labels import language_labels
from store.model import Passage

INDEX_NAME = "passages"


async def replace_passages(
    connection: AsyncConnection, document_id: str, passages: Sequence[Passage]
) -> None:
    """Put `passages` in place of what the index knows of the document. Raises LookupError."""
    document = await find_document(connection, document_id)
    if document is None:
        raise LookupError(f"there is no document {document_id}")
    ranges = language_labels(document.language)
    await connection.execute("DELETE FROM passages WHERE document_id = %s", [document_id])
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO passages"
            " (document_id, ordinal, start_ms, end_ms, speaker, text, labels, created_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    document_id,
                    ordinal,
                    passage.segment.start_ms,
                    passage.segment.end_ms,
                    passage.segment.speaker,
                    passage.segment.text,
                    sorted(passage.labels | ranges),
                    document.created_at,
                )
                for ordinal, passage in enumerate(passages)
            ],
        )
        await cursor.executemany(
            "INSERT INTO passage_embeddings (document_id, ordinal, embedding)"
            " VALUES (%s, %s, %s::halfvec)",
            [
                (document_id, ordinal, vector_text(passage.embedding))
                for ordinal, passage in enumerate(passages)
            ],
        )


def vector_text(values: Sequence[float]) -> str:
    """Write a vector as pgvector reads it."""
    return f"[{','.join(map(str, values))}]"
