"""Refuses requests that are longer than they may be."""

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem


class BodyLimitMiddleware:
    """Answers 413 at once when Content-Length is above the limit, else as soon as it is passed.

    `most_bytes` tells the limit of a request, by its ASGI scope. What reads the body further in
    gets an HTTPException.
    """

    def __init__(self, app: ASGIApp, most_bytes: Callable[[Scope], int]) -> None:
        self._app = app
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI 3)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most, received = self._most_bytes(scope), 0
        if _content_length(scope) > most:
            await problem(413, _refusal(most))(scope, receive, send)
            return

        async def receive_some() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise HTTPException(413, _refusal(most))
            return message

        await self._app(scope, receive_some, send)


def _content_length(scope: Scope) -> int:
    given = Headers(scope=scope).get("content-length", "")
    return int(given) if given.isascii() and given.isdecimal() else 0


def _refusal(most: int) -> str:
    return f"The request is longer than {most:,} bytes, which is the limit. Split what you send."
