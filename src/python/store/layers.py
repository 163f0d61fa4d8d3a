"""Segments, and the layers computed over them."""

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from store.model import Layer, LayeredSegment, LayerSummary, Segment


async def replace_segments(
    connection: AsyncConnection, document_id: str, segments: Sequence[Segment]
) -> None:
    """Put `segments` in place of the document's transcript.

    Its layers go with the segments that they speak of.
    """
    await connection.execute("DELETE FROM layers WHERE document_id = %s", [document_id])
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
            (document_id, layer_name, layer_version, model_provider, model_id, "values",
             document_value)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (document_id, layer_name) DO UPDATE SET
            layer_version = excluded.layer_version, model_provider = excluded.model_provider,
            model_id = excluded.model_id, "values" = excluded."values",
            document_value = excluded.document_value
        """,
        [
            document_id,
            layer.layer_name,
            layer.layer_version,
            layer.model_provider,
            layer.model_id,
            Jsonb(layer.values),
            None if layer.document_value is None else Jsonb(layer.document_value),
        ],
    )


async def note_layer_of_job(connection: AsyncConnection, job_id: str, layer_name: str) -> None:
    """Note that the job has computed the layer."""
    await connection.execute(
        "INSERT INTO job_layers (job_id, layer_name) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        [job_id, layer_name],
    )


async def layers_of_job(connection: AsyncConnection, job_id: str) -> set[str]:
    """Return the layers that the job has computed, and that are there still."""
    cursor = await connection.execute(
        "SELECT layer_name FROM job_layers JOIN jobs USING (job_id)"
        " JOIN layers USING (document_id, layer_name) WHERE job_id = %s",
        [job_id],
    )
    return {name for (name,) in await cursor.fetchall()}


async def read_layers(connection: AsyncConnection, document_id: str) -> dict[str, list[Any]]:
    """Return the values of each of the document's layers, one a segment."""
    cursor = await connection.execute(
        'SELECT layer_name, "values" FROM layers WHERE document_id = %s', [document_id]
    )
    return dict(await cursor.fetchall())


async def list_layers(connection: AsyncConnection, document_id: str) -> list[LayerSummary]:
    """Return the document's layers by name."""
    async with connection.cursor(row_factory=class_row(LayerSummary)) as cursor:
        await cursor.execute(
            "SELECT layer_name, layer_version, model_provider, model_id, document_value"
            " FROM layers WHERE document_id = %s ORDER BY layer_name",
            [document_id],
        )
        return await cursor.fetchall()


async def read_layered_segments(
    connection: AsyncConnection, document_id: str, layer_name: str, *, first: int, limit: int
) -> list[LayeredSegment]:
    """Return what the layer says of the segments from the one with the ordinal `first` on."""
    cursor = await connection.execute(
        """
        SELECT segments.ordinal, start_ms, end_ms, speaker, text, value
        FROM layers, jsonb_array_elements("values") WITH ORDINALITY AS each (value, place)
        JOIN segments ON segments.ordinal = place - 1
        WHERE layers.document_id = %(document_id)s AND layer_name = %(layer_name)s
            AND segments.document_id = %(document_id)s AND segments.ordinal >= %(first)s
        ORDER BY segments.ordinal LIMIT %(limit)s
        """,
        {
            "document_id": document_id,
            "layer_name": layer_name,
            "first": first,
            "limit": limit,
        },
    )
    return [
        LayeredSegment(
            ordinal=ordinal,
            segment=Segment(text=text, start_ms=start_ms, end_ms=end_ms, speaker=speaker),
            value=value,
        )
        for ordinal, start_ms, end_ms, speaker, text, value in await cursor.fetchall()
    ]
