"""Keeps the page to itself: who may ask for it, and what a browser may do with it."""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: A page elsewhere whose name was made to lead here (DNS rebinding) sends that name.
HOSTS = frozenset(("127.0.0.1", "localhost", "[::1]"))

POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class Guard:
    """Wraps an ASGI application: answers local names alone, and adds the security headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI 3)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)

        app = self._app if _host(scope) in HOSTS else _FOREIGN
        await app(scope, receive, guarded)


_FOREIGN = PlainTextResponse(
    "The explorer answers to 127.0.0.1, localhost and [::1] alone.", status_code=421
)


def _host(scope: Scope) -> str:
    """Return the name in the Host header without its port; several or none are nobody's."""
    given = [value for name, value in scope["headers"] if name == b"host"]
    if len(given) != 1:
        return ""
    host = str(given[0].decode("latin-1")).lower()
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
