"""Builds a large index, and times searches in it: through the API, and of the database alone."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from benchmarks.search.answers import MODES
from benchmarks.search.filters import Narrowed, filters
from benchmarks.search.generated import PASSAGES_PER_DOCUMENT, GeneratedSpeech
from benchmarks.search.site import SearchSite, fill
from embedding import default_embedder
from store.search_statement import SearchMode

_SEED = 1
# How many of the documents come when the indexes are there already, as in a running system.
_LATE_DOCUMENTS = 20
_WARM_UP = 50
_MAINTENANCE_MEMORY = "512MB"
_INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes
    WHERE starts_with(tablename, 'passage') AND NOT indexname LIKE '%_pkey' ORDER BY indexname
"""
_SIZES = """
    SELECT tablename, pg_table_size(tablename::regclass) FROM pg_tables
    WHERE starts_with(tablename, 'passage')
    UNION ALL
    SELECT indexname, pg_relation_size(indexname::regclass) FROM pg_indexes
    WHERE starts_with(tablename, 'passage') ORDER BY 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What it took to build the index, and how large it is.

    `load_s` is without what `index_s` says of each index; `late_s` is what `late_passages` took
    that came afterwards. Embedding is part of none of them.
    """

    passages: int
    load_s: float
    index_s: Mapping[str, float]
    late_passages: int
    late_s: float
    size_bytes: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """How long the searches of one mode with one filter took, in milliseconds, one after another.

    `api_ms` is what the client waited, `backend_ms` what of it the database took, with its
    connection, by the events. `results` is how many of the ten results there were, on average.
    """

    mode: SearchMode
    filter: str
    results: float
    api_ms: Sequence[float]
    backend_ms: Sequence[float]


@dataclass(slots=True)
class _Clock:
    """Adds up the time that its `with` blocks take."""

    elapsed_s: float = 0.0
    _began_s: float = 0.0

    def __enter__(self) -> None:
        self._began_s = time.perf_counter()

    def __exit__(self, *error: object) -> None:
        self.elapsed_s += time.perf_counter() - self._began_s


async def build(
    connection: AsyncConnection, passages: int, progress: Callable[[str], None]
) -> tuple[Built, list[str]]:
    """Index generated passages; return what it took, and the ids of the documents."""
    await connection.set_autocommit(True)
    late = min(_LATE_DOCUMENTS, passages // PASSAGES_PER_DOCUMENT // 2)
    first = -(-passages // PASSAGES_PER_DOCUMENT) - late
    documents = GeneratedSpeech(_SEED).documents(passages, default_embedder())
    definitions = await (await connection.execute(_INDEXES)).fetchall()
    for name, _ in definitions:
        await connection.execute(SQL("DROP INDEX {}").format(Identifier(name)))
    document_ids: list[str] = []
    loading, adding = _Clock(), _Clock()
    progress(f"loading {passages} passages")
    for document in islice(documents, first):
        with loading:
            document_ids += await fill(connection, [document])
    progress("building the indexes")
    await connection.execute(f"SET maintenance_work_mem = '{_MAINTENANCE_MEMORY}'".encode())
    index_s = {name: await _timed(connection, definition) for name, definition in definitions}
    progress("adding to the indexes")
    for document in documents:
        with adding:
            document_ids += await fill(connection, [document])
    await connection.execute("VACUUM ANALYZE")
    built = Built(
        passages=passages,
        load_s=loading.elapsed_s,
        index_s=index_s,
        late_passages=late * PASSAGES_PER_DOCUMENT,
        late_s=adding.elapsed_s,
        size_bytes=dict(await (await connection.execute(_SIZES)).fetchall()),
    )
    return built, document_ids


def timed_searches(
    site: SearchSite,
    document_ids: Sequence[str],
    *,
    unfiltered: int,
    filtered: int,
    progress: Callable[[str], None],
) -> list[Timed]:
    """Time that many searches of each mode without a filter, and with each of the filters."""
    speech = GeneratedSpeech(_SEED + 1)
    for query in speech.queries(_WARM_UP):
        for mode in MODES:
            site.ask(query, mode)
    found = []
    for name, narrowed in filters(document_ids).items():
        progress(f"searching, filter: {name}")
        queries = list(speech.queries(filtered if narrowed else unfiltered))
        found += [_timed_searches(site, queries, mode, name, narrowed) for mode in MODES]
    return found


def _timed_searches(
    site: SearchSite, queries: Sequence[str], mode: SearchMode, name: str, narrowed: Narrowed
) -> Timed:
    answers = [site.ask(query, mode, **narrowed) for query in queries]
    backend_ms = site.backend_ms()
    return Timed(
        mode=mode,
        filter=name,
        results=sum(len(answer.results) for answer in answers) / len(answers),
        api_ms=[answer.elapsed_ms for answer in answers],
        backend_ms=[backend_ms[answer.request_id] for answer in answers],
    )


async def _timed(connection: AsyncConnection, statement: str) -> float:
    clock = _Clock()
    with clock:
        await connection.execute(statement.encode())
    return clock.elapsed_s
