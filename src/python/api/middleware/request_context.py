"""Gives every request its context, and every response its `X-Request-Id`."""

import time
from collections.abc import Iterable, Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

import observability as obs
from api.problems import internal_error
from observability import events

# X-Request-Id and X-Request-Id-Replaced, as ASGI has them.
_REQUEST_ID = b"x-request-id"
_REPLACED = b"x-request-id-replaced"
_OURS = frozenset((_REQUEST_ID, _REPLACED))

KNOWN_METHODS = frozenset(
    ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE")
)


class RequestContextMiddleware:
    """Wraps an ASGI application from outside, so that no response escapes it.

    A client's `X-Request-Id` is taken if it is one UUID, and given back in canonical form.
    Anything else is replaced, never echoed, and `X-Request-Id-Replaced: true` says so. A W3C
    `traceparent` is joined. The context is bound for the request, and kept in its state as `obs`.
    An answer of 500 or above is told as `narralytica.request.failed`, once.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI 3)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = _given(scope["headers"])
        request_ids = given[_REQUEST_ID]
        accepted = obs.parse_request_id(request_ids[0]) if len(request_ids) == 1 else None
        ctx = _joined_context(given).with_request_id(accepted or obs.new_uuid())
        scope.setdefault("state", {})["obs"] = ctx
        response = _Response(send, ctx, replaced=bool(request_ids) and accepted is None)
        with obs.use_context(ctx):
            await self._respond(scope, receive, response)

    async def _respond(self, scope: Scope, receive: Receive, response: "_Response") -> None:
        began_s = time.monotonic()
        try:
            await self._app(scope, receive, response)
        except Exception as error:
            scope["state"]["error_type"] = obs.told_error(error).error_type
            if response.status == 0:
                await internal_error()(scope, receive, response)
            raise
        finally:
            if response.status >= 500:
                obs.emit(_failed(scope, response.status, 1000 * (time.monotonic() - began_s)))


def _given(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, list[str]]:
    """Return the values of the headers that matter here; ASGI gives their names in lower case."""
    given: dict[bytes, list[str]] = {_REQUEST_ID: [], b"traceparent": [], b"tracestate": []}
    for name, value in headers:
        if name in given:
            given[name].append(value.decode("latin-1"))
    return given


def _joined_context(given: Mapping[bytes, list[str]]) -> obs.ObsContext:
    # Of the bound context only who emits: a server may begin a request within the one before it.
    nobodys = obs.ObsContext(actor=obs.current_context().actor)
    traceparents = given[b"traceparent"]
    if len(traceparents) != 1:
        return nobodys
    return obs.with_traceparent(nobodys, traceparents[0], ",".join(given[b"tracestate"]))


def _failed(scope: Scope, status: int, latency_ms: float) -> events.RequestFailed:
    return events.RequestFailed(
        method=scope["method"] if scope["method"] in KNOWN_METHODS else "_OTHER",
        route=getattr(scope.get("route"), "path", None),
        status_code=status,
        latency_ms=latency_ms,
        error_type=scope["state"].get("error_type", "HTTPException"),
    )


class _Response:
    """A `send` that marks the response and knows its status, 0 before it has started."""

    def __init__(self, send: Send, ctx: obs.ObsContext, *, replaced: bool) -> None:
        self._send = send
        self._ctx = ctx
        self._replaced = replaced
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            # An application's own X-Request-Id gives way: there is one, and it is the right one.
            headers = [each for each in message.get("headers", ()) if each[0].lower() not in _OURS]
            headers.append((_REQUEST_ID, str(self._ctx.request_id).encode()))
            if self._replaced:
                headers.append((_REPLACED, b"true"))
            message["headers"] = headers
        await self._send(message)
