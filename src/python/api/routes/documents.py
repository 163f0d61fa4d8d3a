"""`/documents`: what is known of a document, and what its layers say."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field, JsonValue
from starlette.exceptions import HTTPException

from api import examples
from api.described import answer, problems
from api.pages import Cursors, NextCursor, Ordinal, PageParameters, cursor_field
from api.services import ServicesOf
from store.documents import find_document, list_documents
from store.layers import list_layers, read_layered_segments
from store.model import MediaKind
from store.pipeline import LayerName

router = APIRouter(tags=["documents"])

DocumentId = Annotated[
    UUID, Path(description="as POST /ingest named it", examples=[examples.DOCUMENT_ID])
]

# The ids are ordered by time (UUID version 7).
_DOCUMENTS = Cursors(UUID)
_SEGMENTS = Cursors[int](Ordinal)


def _asked(document_id: str, layer_name: str) -> str:
    return f"{document_id} {layer_name}"


class LayerView(BaseModel):
    """A layer that was computed."""

    layer_name: LayerName
    layer_version: str
    model_provider: str
    model_id: str
    document_value: JsonValue = Field(description="what it says of the whole; null: nothing")


class DocumentSummary(BaseModel):
    """A document, as lists show it."""

    document_id: str
    title: str
    kind: MediaKind | None = Field(description="as found by ingest; null before that")
    duration_ms: int | None = Field(description="of its sound, in milliseconds")
    language: str | None = Field(description="of its transcript (BCP 47)")
    created_at: datetime


class DocumentView(DocumentSummary):
    """A document, and the layers that were computed of it."""

    layers: list[LayerView]


class DocumentList(BaseModel):
    """Some documents, newest first."""

    documents: list[DocumentSummary]
    next_cursor: NextCursor


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
    next_cursor: NextCursor


class DocumentsParameters(PageParameters):
    """Which of the documents."""

    cursor: str | None = cursor_field(_DOCUMENTS.write(UUID(examples.DOCUMENT_ID)))


class SegmentParameters(PageParameters):
    """Which of the segments."""

    limit: int = Field(100, ge=1, le=1000, description="how many at most", examples=[100])
    cursor: str | None = cursor_field(
        _SEGMENTS.write(41, _asked(examples.DOCUMENT_ID, "sentiment"))
    )


@router.get(
    "/documents",
    summary="Which documents are there?",
    responses=answer(
        200, "Some documents.", {"documents": [examples.DOCUMENT], "next_cursor": None}
    ),
)
async def list_all(
    services: ServicesOf, parameters: Annotated[DocumentsParameters, Query()]
) -> DocumentList:
    """List documents, newest first."""
    before = _DOCUMENTS.read(parameters.cursor)
    async with services.database.connection() as connection:
        found = await list_documents(
            connection,
            before=None if before is None else str(before),
            limit=parameters.limit + 1,
        )
    shown = found[: parameters.limit]
    more = len(found) > len(shown)
    return DocumentList(
        documents=[DocumentSummary(**asdict(document)) for document in shown],
        next_cursor=_DOCUMENTS.write(UUID(shown[-1].document_id)) if more else None,
    )


@router.get(
    "/documents/{document_id}",
    summary="What is known of a document?",
    responses={
        **answer(200, "The document.", {**examples.DOCUMENT, "layers": [examples.LAYER]}),
        **problems({404: f"There is no document {examples.DOCUMENT_ID}."}),
    },
)
async def view(document_id: DocumentId, services: ServicesOf) -> DocumentView:
    """Return the document, and which layers were computed of it."""
    async with services.database.connection() as connection:
        document = await find_document(connection, str(document_id))
        if document is None:
            raise HTTPException(404, f"There is no document {document_id}.")
        layers = await list_layers(connection, str(document_id))
    return DocumentView(**asdict(document), layers=[LayerView(**asdict(layer)) for layer in layers])


@router.get(
    "/documents/{document_id}/layers/{layer_name}",
    summary="What does a layer say?",
    responses={
        **answer(
            200,
            "Some segments, with what the layer says of each.",
            {"segments": [examples.LAYERED_SEGMENT], "next_cursor": None},
        ),
        **problems({404: f"There is no layer sentiment of document {examples.DOCUMENT_ID}."}),
    },
)
async def view_layer(
    document_id: DocumentId,
    layer_name: Annotated[LayerName, Path(description="the layer's name", examples=["sentiment"])],
    services: ServicesOf,
    parameters: Annotated[SegmentParameters, Query()],
) -> LayerValues:
    """Return the document's segments, each with what the layer says of it."""
    asked = _asked(str(document_id), layer_name)
    after = _SEGMENTS.read(parameters.cursor, asked)
    async with services.database.connection() as connection:
        found = await read_layered_segments(
            connection,
            str(document_id),
            layer_name,
            first=0 if after is None else after + 1,
            limit=parameters.limit + 1,
        )
        layers = await list_layers(connection, str(document_id))
    if layer_name not in [layer.layer_name for layer in layers]:
        raise HTTPException(404, f"There is no layer {layer_name} of document {document_id}.")
    shown = found[: parameters.limit]
    more = len(found) > len(shown)
    return LayerValues(
        segments=[
            LayeredSegment(ordinal=item.ordinal, **asdict(item.segment), value=item.value)
            for item in shown
        ],
        next_cursor=_SEGMENTS.write(shown[-1].ordinal, asked) if more else None,
    )
