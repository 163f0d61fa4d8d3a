"""Documents and their media."""

from collections.abc import AsyncIterable
from pathlib import Path

from psycopg import AsyncConnection
from psycopg.rows import class_row

from store.model import Document, MediaKind, Rendition

CHUNK_BYTES = 1 << 20


async def create_document(connection: AsyncConnection, document_id: str, *, title: str) -> None:
    """Add a document that has no media yet."""
    await connection.execute(
        "INSERT INTO documents (document_id, title) VALUES (%s, %s)", [document_id, title]
    )


async def document_exists(connection: AsyncConnection, document_id: str) -> bool:
    """Tell whether there is such a document."""
    cursor = await connection.execute(
        "SELECT 1 FROM documents WHERE document_id = %s", [document_id]
    )
    return await cursor.fetchone() is not None


async def find_document(connection: AsyncConnection, document_id: str) -> Document | None:
    """Return the document, or None when there is no such document."""
    async with connection.cursor(row_factory=class_row(Document)) as cursor:
        await cursor.execute(
            "SELECT document_id, title, kind, duration_ms, language, created_at"
            " FROM documents WHERE document_id = %s",
            [document_id],
        )
        return await cursor.fetchone()


async def list_documents(
    connection: AsyncConnection, *, before: str | None, limit: int
) -> list[Document]:
    """Return the newest documents first: all, or those older than `before`."""
    async with connection.cursor(row_factory=class_row(Document)) as cursor:
        await cursor.execute(
            "SELECT document_id, title, kind, duration_ms, language, created_at FROM documents"
            " WHERE %(before)s::uuid IS NULL OR document_id < %(before)s"
            " ORDER BY document_id DESC LIMIT %(limit)s",
            {"before": before, "limit": limit},
        )
        return await cursor.fetchall()


async def document_kind(connection: AsyncConnection, document_id: str) -> MediaKind:
    """Return what the ingest worker found the document to be. Raises LookupError before that."""
    cursor = await connection.execute(
        "SELECT kind FROM documents WHERE document_id = %s", [document_id]
    )
    row = await cursor.fetchone()
    if row is None or row[0] is None:
        raise LookupError("the document has not been ingested")
    return MediaKind(row[0])


async def describe_document(
    connection: AsyncConnection, document_id: str, *, kind: MediaKind, duration_ms: int | None
) -> None:
    """Keep what the ingest worker found out."""
    await connection.execute(
        "UPDATE documents SET kind = %s, duration_ms = %s WHERE document_id = %s",
        [kind, duration_ms, document_id],
    )


async def set_language(connection: AsyncConnection, document_id: str, language: str | None) -> None:
    """Keep the language of the transcript (BCP 47), None if it is not known."""
    await connection.execute(
        "UPDATE documents SET language = %s WHERE document_id = %s", [language, document_id]
    )


async def write_media(
    connection: AsyncConnection,
    document_id: str,
    rendition: Rendition,
    chunks: AsyncIterable[bytes],
) -> int:
    """Replace a rendition of the document's media; return its size in bytes."""
    await connection.execute(
        "DELETE FROM media_chunks WHERE document_id = %s AND rendition = %s",
        [document_id, rendition],
    )
    size = ordinal = 0
    async for chunk in chunks:
        await connection.execute(
            "INSERT INTO media_chunks (document_id, rendition, ordinal, bytes)"
            " VALUES (%s, %s, %s, %b)",
            [document_id, rendition, ordinal, chunk],
        )
        size, ordinal = size + len(chunk), ordinal + 1
    return size


async def read_media(
    connection: AsyncConnection, document_id: str, rendition: Rendition, target: Path
) -> None:
    """Copy a rendition into the file `target`, a chunk at a time."""
    async with connection.transaction(), connection.cursor("media", binary=True) as cursor:
        cursor.itersize = 4
        await cursor.execute(
            "SELECT bytes FROM media_chunks WHERE document_id = %s AND rendition = %s"
            " ORDER BY ordinal",
            [document_id, rendition],
        )
        with target.open("wb") as file:
            async for (chunk,) in cursor:
                file.write(chunk)
