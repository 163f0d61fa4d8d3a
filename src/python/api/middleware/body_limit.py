"""Refuses requests that are longer than they may be, or that never come to their end."""

import asyncio
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem

#: A client that sends nothing for so many seconds has gone, and must not keep a place.
STALLED_S = 30.0

STALLED = "Nothing more of the request has come for too long. Send it again."


class BodyLimitMiddleware:
    """Answers 413 at once when Content-Length is above the limit, else as soon as it is passed.

    `most_bytes` tells the limit of a request, by its ASGI scope. A body of which nothing comes for
    `stalled_s` seconds is answered with 408. What reads the body further in gets an HTTPException.
    """

    def __init__(
        self, app: ASGIApp, most_bytes: Callable[[Scope], int], stalled_s: float = STALLED_S
    ) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._stalled_s = stalled_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI 3)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most, received, ended = self._most_bytes(scope), 0, False
        if _content_length(scope) > most:
            await problem(413, _refusal(most))(scope, receive, send)
            return

        async def receive_some() -> Message:
            nonlocal received, ended
            try:
                # After its end, what is waited for is that the client goes away.
                async with asyncio.timeout(None if ended else self._stalled_s):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, STALLED) from None
            received += len(message.get("body", b""))
            ended = not message.get("more_body", False)
            if received > most:
                raise HTTPException(413, _refusal(most))
            return message

        await self._app(scope, receive_some, send)


def _content_length(scope: Scope) -> int:
    given = Headers(scope=scope).get("content-length", "")
    return int(given) if given.isascii() and given.isdecimal() else 0


def _refusal(most: int) -> str:
    return f"The request is longer than {most:,} bytes, which is the limit. Split what you send."
