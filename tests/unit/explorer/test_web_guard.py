"""Who may ask for the page, and what a browser may do with it."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from explorer.web.guard import Guard


async def _here(request: Request) -> Response:
    return PlainTextResponse("here")


def get(path: str, host: str) -> httpx.Response:
    """Ask for a path under a name."""
    app = Guard(Starlette(routes=[Route("/", _here)]))

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.get(path, headers={"Host": host})

    return asyncio.run(ask())


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:8001", "localhost:9", "LOCALHOST", "[::1]", "[::1]:8001"],
)
def test_this_machine_is_answered(host: str) -> None:
    assert get("/", host).text == "here"


@pytest.mark.parametrize(
    "host",
    [
        "",
        "foreign.example",
        "foreign.example:8001",
        "127.0.0.1.foreign.example",
        "127.0.0.1:8001@foreign.example",
        "localhost:x",
        "10.0.0.1",
        "::1",
        "[::2]",
    ],
)
def test_a_name_that_was_made_to_lead_here_is_not(host: str) -> None:
    answer = get("/", host)
    assert answer.status_code == 421
    assert "here" not in answer.text


@pytest.mark.parametrize(("path", "host"), [("/", "localhost"), ("/none", "localhost"), ("/", "x")])
def test_every_answer_has_the_headers(path: str, host: str) -> None:
    headers = get(path, host).headers
    policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert {policy["script-src"], policy["style-src"], policy["connect-src"]} == {"'self'"}
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
