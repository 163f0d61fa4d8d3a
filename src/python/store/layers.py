"""Segments, and the layers computed over them."""

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from store.model import Layer, Segment


async def replace_segments(
    connection: AsyncConnection, document_id: str, segments: Sequence[Segment]
) -> None:
    """Put `segments` in place of the document's transcript."""
    await connection.execute("DELETE FROM segments WHERE document_id = %s", [document_id])
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO segments (document_id, ordinal, start_ms, end_ms, speaker, text)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            [
                (document_id, ordinal, item.start_ms, item.end_ms, item.speaker, item.text)
                for ordinal, item in enumerate(segments)
            ],
        )


async def read_segments(connection: AsyncConnection, document_id: str) -> list[Segment]:
    """Return the document's transcript in order."""
    async with connection.cursor(row_factory=class_row(Segment)) as cursor:
        await cursor.execute(
            "SELECT start_ms, end_ms, speaker, text FROM segments"
            " WHERE document_id = %s ORDER BY ordinal",
            [document_id],
        )
        return await cursor.fetchall()


async def replace_layer(connection: AsyncConnection, document_id: str, layer: Layer) -> None:
    """Put `layer` in place of the document's layer of that name."""
    await connection.execute(
        """
        INSERT INTO layers
            (document_id, layer_name, layer_version, model_provider, model_id, "values")
        VALUES (%s, %s, %s, %s, %s, %s)
        ON CONFLICT (document_id, layer_name) DO UPDATE SET
            layer_version = excluded.layer_version, model_provider = excluded.model_provider,
            model_id = excluded.model_id, "values" = excluded."values"
        """,
        [
            document_id,
            layer.layer_name,
            layer.layer_version,
            layer.model_provider,
            layer.model_id,
            Jsonb(layer.values),
        ],
    )


async def read_layer_values(
    connection: AsyncConnection, document_id: str, layer_name: str
) -> list[Any]:
    """Return a layer's values, one a segment. Raises LookupError when it was not computed."""
    cursor = await connection.execute(
        'SELECT "values" FROM layers WHERE document_id = %s AND layer_name = %s',
        [document_id, layer_name],
    )
    row = await cursor.fetchone()
    if row is None:
        raise LookupError(f"the document has no {layer_name} layer")
    return list(row[0])
