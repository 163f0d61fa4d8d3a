"""A server of the chat completions API on loopback, which also misbehaves as it is told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: Status, headers and body.
Reply = tuple[int, dict[str, str], bytes]


@dataclass(slots=True)
class ChatServer:
    """Answers each request with the next of `replies`, then with `last`; None: not at all."""

    url: str
    last: Reply | None = None
    replies: list[Reply] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)


def completion(text: object, **usage: object) -> Reply:
    """What a model answers."""
    body: dict[str, object] = {"choices": [{"message": {"role": "assistant", "content": text}}]}
    if usage:
        body["usage"] = usage
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


@contextmanager
def chat_server(last: Reply | None = None) -> Iterator[ChatServer]:
    """Serve until the block ends."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as http_server:
        server = ChatServer(url=f"http://127.0.0.1:{http_server.server_port}/v1", last=last)
        http_server.RequestHandlerClass = _handler(server)
        thread = threading.Thread(target=http_server.serve_forever)
        thread.start()
        yield server
        server.stopped.set()
        http_server.shutdown()
        thread.join()


def _handler(server: ChatServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.requests.append({"path": self.path, **json.loads(body)})
            server.keys.append(self.headers["Authorization"])
            reply = server.replies.pop(0) if server.replies else server.last
            if reply is None:
                server.stopped.wait(60)
                return
            status, headers, content = reply
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name there
            """Say nothing."""

    return Handler
