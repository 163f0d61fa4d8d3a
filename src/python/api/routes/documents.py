"""`/documents`: what is known of a document, and what its layers say."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, JsonValue
from starlette.exceptions import HTTPException

from api.services import ServicesOf
from store.documents import find_document
from store.layers import list_layers, read_layered_segments
from store.model import MediaKind
from store.pipeline import LayerName

router = APIRouter(tags=["documents"])


class LayerView(BaseModel):
    """A layer that was computed."""

    layer_name: LayerName
    layer_version: str
    model_provider: str
    model_id: str
    document_value: JsonValue = Field(description="what it says of the whole; null: nothing")


class DocumentView(BaseModel):
    """A document, and the layers that were computed of it."""

    document_id: str
    title: str
    kind: MediaKind | None = Field(description="as found by ingest; null before that")
    duration_ms: int | None = Field(description="of its sound, in milliseconds")
    language: str | None = Field(description="of its transcript (BCP 47)")
    created_at: datetime
    layers: list[LayerView]


class LayeredSegment(BaseModel):
    """A stretch of the transcript, and what the layer says of it."""

    ordinal: int
    start_ms: int | None = Field(description="milliseconds from the start; null for plain text")
    end_ms: int | None
    speaker: str | None
    text: str
    value: JsonValue


class LayerValues(BaseModel):
    """A layer's values, in the order of the transcript."""

    segments: list[LayeredSegment]
    next_first: int | None = Field(description="give it as first to see the next; null: none")


@router.get("/documents/{document_id}", summary="What is known of a document?")
async def view(document_id: UUID, services: ServicesOf) -> DocumentView:
    """Return the document, and which layers were computed of it."""
    async with services.pool.connection() as connection:
        document = await find_document(connection, str(document_id))
        if document is None:
            raise HTTPException(404, f"There is no document {document_id}.")
        layers = await list_layers(connection, str(document_id))
    return DocumentView(**asdict(document), layers=[LayerView(**asdict(layer)) for layer in layers])


@router.get("/documents/{document_id}/layers/{layer_name}", summary="What does a layer say?")
async def view_layer(
    document_id: UUID,
    layer_name: LayerName,
    services: ServicesOf,
    first: Annotated[int, Query(ge=0, lt=2**31, description="ordinal of the first segment")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="how many at most")] = 100,
) -> LayerValues:
    """Return the document's segments, each with what the layer says of it."""
    async with services.pool.connection() as connection:
        found = await read_layered_segments(
            connection, str(document_id), layer_name, first=first, limit=limit + 1
        )
        layers = await list_layers(connection, str(document_id))
    if layer_name not in [layer.layer_name for layer in layers]:
        raise HTTPException(404, f"There is no layer {layer_name} of document {document_id}.")
    shown = found[:limit]
    return LayerValues(
        segments=[
            LayeredSegment(ordinal=item.ordinal, **asdict(item.segment), value=item.value)
            for item in shown
        ],
        next_first=shown[-1].ordinal + 1 if len(found) > limit else None,
    )
