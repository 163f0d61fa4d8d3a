"""Clients that send one request after another, several clients at a time."""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlencode

import httpx

from stack.launch import LOOPBACK

TIMEOUT_S = 60.0


class FailedRequest(Exception):
    """A request was not answered as it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent."""

    method: str
    path: str
    body: bytes | None = None
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How many requests were answered in which time, and how long each of them took."""

    elapsed_s: float
    latencies_ms: Sequence[float]

    @property
    def per_s(self) -> float:
        """Return the requests a second."""
        return len(self.latencies_ms) / self.elapsed_s


def ingest(text: str) -> Request:
    """Return the request that has a text worked off."""
    return Request(method="POST", path="/ingest", body=json.dumps({"text": text}).encode())


def upload(name: str, content: bytes) -> Request:
    """Return the request that has a file worked off."""
    encoded = httpx.Request("POST", "http://any/", files={"file": (name, content)})
    return Request(
        method="POST",
        path="/ingest",
        body=encoded.read(),
        content_type=encoded.headers["Content-Type"],
    )


def search(query: str) -> Request:
    """Return a hybrid search."""
    return Request(method="GET", path=f"/search?{urlencode({'q': query, 'mode': 'hybrid'})}")


def load(port: int, requests: Iterable[Request], *, clients: int) -> Load:
    """Send the requests, `clients` of them at a time. Raises FailedRequest and OSError."""
    waiting = list(requests)
    began_s = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        shares = [waiting[at::clients] for at in range(clients)]
        answered = list(pool.map(lambda share: list(_sent(port, share)), shares))
    return Load(
        elapsed_s=time.perf_counter() - began_s,
        latencies_ms=[latency_ms for share in answered for latency_ms in share],
    )


def _sent(port: int, requests: Iterable[Request]) -> Iterator[float]:
    connection = HTTPConnection(LOOPBACK, port, timeout=TIMEOUT_S)
    try:
        for request in requests:
            began_s = time.perf_counter()
            headers = {"Content-Type": request.content_type} if request.body else {}
            connection.request(request.method, request.path, request.body, headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status not in (200, 202):
                raise FailedRequest(f"{request.method} {request.path}: {answer.status}")
            yield 1000 * (time.perf_counter() - began_s)
    finally:
        connection.close()
