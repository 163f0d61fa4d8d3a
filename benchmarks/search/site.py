"""A database of its own, the API over it, and the search index that they share."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from psycopg import AsyncConnection

import observability as obs
from benchmarks.own_database import own_database
from explorer.lines import EventLine, read_files
from observability.events import SearchExecuted
from stack.launch import LOOPBACK, free_port, wait_until_healthy
from stack.processes import Folders, Service, running, service_environment
from store.documents import create_document
from store.model import Passage
from store.passages import replace_passages


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the API answered, and how long that took."""

    request_id: str
    results: Sequence[dict[str, Any]]
    next_cursor: str | None
    elapsed_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDocument:
    """What is to be indexed."""

    title: str
    language: str
    passages: Sequence[Passage]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSite:
    """An index, by its database and by the API."""

    database_url: str
    client: httpx.Client
    folders: Folders

    def ask(self, query: str, mode: str, **narrowed: Any) -> Answer:
        """Search. Raises httpx.HTTPStatusError."""
        began_s = time.perf_counter()
        answer = self.client.get("/search", params={"q": query, "mode": mode, **narrowed})
        elapsed_ms = 1000 * (time.perf_counter() - began_s)
        answer.raise_for_status()
        return Answer(
            request_id=answer.headers["X-Request-Id"],
            results=answer.json()["results"],
            next_cursor=answer.json()["next_cursor"],
            elapsed_ms=elapsed_ms,
        )

    def backend_ms(self) -> dict[str, float]:
        """Return how long the database took for each request, as the events tell it."""
        return {
            str(event.correlation["request_id"]): event.payload["backend_latency_ms"]
            for event in read_files(self.folders.event_files())
            if isinstance(event, EventLine) and event.event_name == SearchExecuted.event_name
        }


@contextmanager
def search_site() -> Iterator[SearchSite]:
    """Run a database and the API until the block ends."""
    port = free_port()
    with own_database() as (url, folders):
        api = Service(
            name="api",
            module="api",
            arguments=("--port", str(port)),
            environment=service_environment(url),
            folders=folders,
        )
        address = f"http://{LOOPBACK}:{port}"
        with running([api]), httpx.Client(base_url=address, timeout=60) as client:
            wait_until_healthy(client, [api])
            yield SearchSite(database_url=url, client=client, folders=folders)


async def fill(connection: AsyncConnection, documents: Iterable[NewDocument]) -> list[str]:
    """Index documents, each in a transaction as the indexer does; return their ids."""
    document_ids = []
    for document in documents:
        document_id = obs.new_uuid()
        async with connection.transaction():
            await create_document(connection, document_id, title=document.title)
            await connection.execute(
                "UPDATE documents SET language = %s WHERE document_id = %s",
                [document.language, document_id],
            )
            await replace_passages(connection, document_id, document.passages)
        document_ids.append(document_id)
    return document_ids
