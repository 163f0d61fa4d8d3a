"""The document and the job of the OpenAPI document's examples, as rows of the database."""

from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from api import examples
from store.pipeline import LAYERS

_DOCUMENT = UUID(examples.DOCUMENT_ID)
_DIMENSIONS = 256


def insert_examples(url: str, *, job_status: str = "started") -> None:
    """Add them, as if they had gone through all workers but for the job's status."""
    ended = None if job_status == "started" else "2026-11-24T01:39:09Z"
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO documents (document_id, title, kind, language) VALUES (%s, %s, %s, %s)",
            [_DOCUMENT, *_of(examples.DOCUMENT, "title", "kind", "language")],
        )
        cursor.execute(
            "INSERT INTO jobs (job_id, document_id, job_type, status, ended_at)"
            " VALUES (%s, %s, 'ingest', %s, %s)",
            [UUID(examples.JOB_ID), _DOCUMENT, job_status, ended],
        )
        said = _of(examples.LAYERED_SEGMENT, "ordinal", "start_ms", "end_ms", "speaker", "text")
        cursor.execute(
            "INSERT INTO segments (document_id, ordinal, start_ms, end_ms, speaker, text)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            [_DOCUMENT, *said],
        )
        cursor.execute(
            "INSERT INTO passages"
            " (document_id, ordinal, start_ms, end_ms, speaker, text, created_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, now())",
            [_DOCUMENT, *said],
        )
        cursor.execute(
            "INSERT INTO passage_embeddings (document_id, ordinal, embedding)"
            " VALUES (%s, %s, array_fill(%s::real, ARRAY[%s])::vector::halfvec)",
            [_DOCUMENT, said[0], _DIMENSIONS**-0.5, _DIMENSIONS],
        )
        cursor.executemany(
            "INSERT INTO layers"
            ' (document_id, layer_name, layer_version, model_provider, model_id, "values")'
            " VALUES (%s, %s, %s, %s, %s, %s)",
            [
                [
                    _DOCUMENT,
                    layer_name,
                    *_of(examples.LAYER, "layer_version", "model_provider", "model_id"),
                    Jsonb([examples.LAYERED_SEGMENT["value"]]),
                ]
                for layer_name in LAYERS
            ],
        )


def _of(example: dict[str, Any], *names: str) -> list[Any]:
    return [example[name] for name in names]
