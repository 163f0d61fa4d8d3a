"""`./pants run tests/integration/measure_access.py`: what a request's key and limits cost.

Requests go through the middleware to an application that answers at once, with a real table of
keys behind it; no network, so that the difference is the cost.
"""

import asyncio
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from psycopg import AsyncConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import observability as obs
from api.access.key_ring import KeyRing
from api.access.limits import DEFAULTS
from api.access.middleware import AccessMiddleware
from api.access.token_buckets import Rate
from stack.embedded_postgres import embedded_postgres
from store.api_keys import SCOPES, create_key
from store.database import Database, migrate

ROUNDS, REQUESTS = 20, 2000
UNLIMITED = {
    group: replace(limit, rate=Rate(requests=10**8, seconds=1)) for group, limit in DEFAULTS.items()
}


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def receive() -> Message:
    return {"type": "http.request"}


async def send(message: Message) -> None:
    pass


async def cost_us(app: ASGIApp, scope: Mapping[str, Any]) -> float:
    """Return the microseconds that a request takes the processor, in the best round."""
    rounds = []
    for _ in range(ROUNDS):
        began_s = time.process_time()
        for _ in range(REQUESTS):
            await app({**scope, "state": {}}, receive, send)
        rounds.append(time.process_time() - began_s)
    return 1e6 * min(rounds) / REQUESTS


async def measure(url: str) -> None:
    async with Database(url) as database:
        scope: dict[str, Any] = {
            "type": "http",
            "method": "GET",
            "path": "/search",
            "client": ("127.0.0.1", 40000),
            "server": ("127.0.0.1", 8000),
            "headers": [(b"host", b"localhost:8000"), (b"accept", b"*/*")],
            "app": SimpleNamespace(state=SimpleNamespace(key_ring=KeyRing(database))),
        }
        app = AccessMiddleware(answer, UNLIMITED)
        bare = await cost_us(answer, scope)
        costs = {"without keys": await cost_us(app, scope) - bare}
        async with await AsyncConnection.connect(url) as connection:
            keys = [await create_key(connection, scopes=SCOPES) for _ in range(1000)]
        scope["app"].state.key_ring = KeyRing(database)
        header = (b"authorization", f"Bearer {keys[500].text()}".encode())
        with_key = {**scope, "headers": [*scope["headers"], header]}
        costs["with one of 1,000 keys"] = await cost_us(app, with_key) - bare
        costs["refused (401)"] = await cost_us(app, scope) - bare
    for what, cost in costs.items():
        print(f"{what:<24}{cost:6.1f} µs")  # noqa: T201  A command for people.


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="narralytica-") as folder:
        Path(folder).chmod(0o711)
        environment = {"OBS_SINKS": f"file:{folder}/events.jsonl"}
        obs.configure(service_name="measure", service_version="0", environment=environment)
        request = obs.current_context().with_request_id(obs.new_uuid())
        with embedded_postgres(Path(folder)) as url, obs.use_context(request):
            migrate(url)
            asyncio.run(measure(url))


if __name__ == "__main__":
    main()
