"""How long a request may be, and how long it may take to come."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from api.middleware.body_limit import BodyLimitMiddleware
from api.problems import install_problem_handlers

MOST_BYTES = 10
STALLED_S = 0.05


def application() -> FastAPI:
    app = FastAPI()
    install_problem_handlers(app)
    app.add_middleware(
        BodyLimitMiddleware, most_bytes=lambda scope: MOST_BYTES, stalled_s=STALLED_S
    )

    @app.post("/length")
    async def length(request: Request) -> int:
        return len(await request.body())

    @app.post("/slow")
    async def slow(request: Request) -> StreamingResponse:
        await request.body()
        return StreamingResponse(slowly())

    return app


async def slowly() -> AsyncIterator[bytes]:
    """Yield an answer, whose sender waits meanwhile whether the client goes away."""
    for piece in (b"one ", b"two"):
        await asyncio.sleep(2 * STALLED_S)
        yield piece


def posted(path: str, content: bytes | AsyncIterator[bytes]) -> httpx.Response:
    async def post() -> httpx.Response:
        transport = httpx.ASGITransport(app=application())
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post(path, content=content)

    return asyncio.run(post())


async def in_pieces(*pieces: bytes, ends: bool = True) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    if not ends:
        await asyncio.Event().wait()


def assert_is_problem(answer: httpx.Response, status: int) -> None:
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status)
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("pieces", [[], [b"0123456789"], [b"01234", b"", b"56789"]])
def test_what_is_short_enough_passes(pieces: list[bytes]) -> None:
    assert posted("/length", in_pieces(*pieces)).json() == sum(map(len, pieces))


def test_what_is_too_long_is_refused_by_its_length_or_where_it_passes_the_limit() -> None:
    assert_is_problem(posted("/length", b"01234567890"), 413)
    assert_is_problem(posted("/length", in_pieces(b"01234567", b"890", ends=False)), 413)


def test_a_body_that_stops_half_way_is_given_up() -> None:
    assert_is_problem(posted("/length", in_pieces(b"01234", ends=False)), 408)
    assert_is_problem(posted("/length", in_pieces(ends=False)), 408)


def test_an_answer_may_take_longer_than_a_body() -> None:
    answer = posted("/slow", b"01234")
    assert (answer.status_code, answer.text) == (200, "one two")
