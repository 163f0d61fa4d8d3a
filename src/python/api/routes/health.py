"""`GET /health`."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from api.described import answer
from api.services import ServicesOf
from product_version import VERSION

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The API is up, and its database answers."""

    status: Literal["ok"] = "ok"
    version: str = VERSION


@router.get(
    "/health",
    summary="Is the API up, and does its database answer?",
    responses=answer(200, "It does.", {"status": "ok", "version": VERSION}),
)
async def health(services: ServicesOf) -> Health:
    """Answer 200 when a job could be accepted now, else 503."""
    async with services.database.connection() as connection:
        await connection.execute("SELECT 1")
    return Health()
