"""How to reach the database, how its tables come to be, and how a process works with them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from contextvars import Context
from importlib.resources import files
from typing import Self
from urllib.parse import parse_qsl, quote, urlencode

import psycopg
from procrastinate.exceptions import ConnectorException
from procrastinate.schema import SchemaManager
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.string import TextLoader
from psycopg_pool import AsyncConnectionPool
from yoyo import get_backend, read_migrations

import observability as obs
from store import outbox
from store.transaction import Transaction

# Any fixed number: who holds this advisory lock may change the schema.
MIGRATION_LOCK = 0x6E617272

#: What is raised while the database cannot be reached or used.
DATABASE_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, ConnectorException)

# How long one end of a connection may be silent before the other takes it for lost. The kernel's
# own patience with a network that swallows everything is 15 minutes, and 2 hours without a request.
SILENCE_S = 10
_PROBE_AFTER_S, _PROBE_EVERY_S, _PROBES = 4, 2, 3

# The same for both ends, since a server that does not notice keeps the locks of whoever was cut
# off, and everybody waits. It also ends transactions that are left open, as by a stopped process.
_OF_SERVER = {
    "tcp_keepalives_idle": _PROBE_AFTER_S,
    "tcp_keepalives_interval": _PROBE_EVERY_S,
    "tcp_keepalives_count": _PROBES,
    "tcp_user_timeout": 1000 * SILENCE_S,
    "idle_in_transaction_session_timeout": 1000 * SILENCE_S,
}
_LIMITS = {
    "connect_timeout": str(SILENCE_S // 2),
    "keepalives_idle": str(_PROBE_AFTER_S),
    "keepalives_interval": str(_PROBE_EVERY_S),
    "keepalives_count": str(_PROBES),
    "tcp_user_timeout": str(1000 * SILENCE_S),
    "options": " ".join(f"-c {name}={value}" for name, value in _OF_SERVER.items()),
}

# How long a database may be away before those who wait for it are told.
CONNECT_TIMEOUT_S = 10.0

# Written events are struck off the outbox many at a time: one may stand there for so long.
STRIKE_OFF_AFTER_S = 2.0

# The pauses between a pool's attempts grow up to this: it notices soon that the database is back.
RECONNECT_TIMEOUT_S = 5.0


_SCHEME = "postgresql://"
_EXAMPLE = (
    f"a PostgreSQL connection URL, for example DATABASE_URL={_SCHEME}user:password@host/narralytica"
)


class InvalidDatabaseUrl(ValueError):
    """DATABASE_URL is not set, or no such URL. The text repeats nothing of it: it has passwords."""


def database_url(environment: Mapping[str, str]) -> str:
    """Return DATABASE_URL, a libpq connection URI, with limits to how long it may be silent.

    Those that the URI gives itself stay. Raises InvalidDatabaseUrl.
    """
    url = environment.get("DATABASE_URL", "")
    if not url:
        raise InvalidDatabaseUrl(f"DATABASE_URL is not set: give {_EXAMPLE}")
    if not url.startswith(_SCHEME) or not _readable(url):
        raise InvalidDatabaseUrl(f"DATABASE_URL cannot be read: give {_EXAMPLE}")
    return _limited(url)


def _readable(url: str) -> bool:
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return False
    return True


def _limited(url: str) -> str:
    address, _, query = url.partition("?")
    given = {name for name, _ in parse_qsl(query, keep_blank_values=True)}
    missing = {name: value for name, value in _LIMITS.items() if name not in given}
    # libpq knows no "+" for a space.
    added = urlencode(missing, quote_via=quote)
    return f"{address}?{'&'.join(filter(None, (query, added)))}"


def out_of_reach(error: Exception) -> str:
    """Say in one line that the database cannot be reached, and why."""
    # Procrastinate wraps the error that tells something.
    cause = error.__cause__ or error
    return f"the database cannot be reached: {' '.join(str(cause).split())}"


def migrate(url: str) -> None:
    """Bring the tables up to `contracts/database`, and the queue's own; safe to run many times.

    Raises psycopg.Error when the database cannot be reached or refuses.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        _migrate_shared_tables(url)
        _create_queue(connection)


class Database:
    """The database as one process uses it: its connections, and transactions that tell events.

    It is open within `async with`. Its connections give UUID columns as canonical strings.
    """

    def __init__(self, url: str, *, max_size: int = 8) -> None:
        self._pool = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=max_size,
            open=False,
            configure=_configure,
            # A connection that was cut while nobody used it is replaced, and nobody meets it.
            check=AsyncConnectionPool.check_connection,
            timeout=CONNECT_TIMEOUT_S,
            reconnect_timeout=RECONNECT_TIMEOUT_S,
        )
        #: Events whose lines are written, and that stand in the outbox still.
        self._written: list[str] = []
        self._striking_off: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._pool.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._striking_off is not None:
            self._striking_off.cancel()
            with suppress(asyncio.CancelledError):
                await self._striking_off
        await self._strike_off()
        await self._pool.close()

    def connection(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Lend a connection for a with block; commit what it did, or roll it back."""
        return self._pool.connection()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Open a transaction; commit it and write its events when the block ends, else roll back.

        Raises psycopg.Error. After a crash between commit and write, recovery writes the recorded
        lines with the ids that they were recorded with.
        """
        async with self._pool.connection() as connection:
            async with connection.transaction():
                tx = Transaction(connection)
                yield tx
                if tx.told:
                    await outbox.record(connection, tx.told)
            # At once: a task that is cancelled while it waits would leave them to recovery.
            self._write(tx.told)

    def _write(self, told: list[obs.SealedEvent]) -> None:
        for sealed in told:
            obs.emit(sealed)
            self._written.append(sealed.event_id)
        if told and (self._striking_off is None or self._striking_off.done()):
            # In a context of its own: it is no part of the request or job that it starts with.
            self._striking_off = asyncio.create_task(self._strike_off_soon(), context=Context())

    async def _strike_off_soon(self) -> None:
        """Strike off what is written by then, as long as there is something."""
        while self._written:
            await asyncio.sleep(STRIKE_OFF_AFTER_S)
            await self._strike_off()

    async def _strike_off(self) -> None:
        written = tuple(self._written)
        if not written:
            return
        # Without the database, recovery writes the lines again, and readers drop the repeats.
        with suppress(*DATABASE_AWAY):
            async with self._pool.connection(timeout=STRIKE_OFF_AFTER_S) as connection:
                await outbox.strike_off(connection, written)
        del self._written[: len(written)]


async def _configure(connection: AsyncConnection) -> None:
    connection.adapters.register_loader("uuid", TextLoader)


def _migrate_shared_tables(url: str) -> None:
    backend = get_backend(url.replace(_SCHEME, "postgresql+psycopg://", 1))
    try:
        migrations = read_migrations(str(files("contracts") / "database"))
        # Not under `backend.lock()`: its row would outlive a process that is killed here, or whose
        # connection is cut, and keep everybody else out for good.
        backend.apply_migrations(backend.to_apply(migrations))
    finally:
        backend.connection.close()


def _create_queue(connection: psycopg.Connection) -> None:
    [present] = connection.execute("SELECT to_regclass('procrastinate_jobs')").fetchone() or [None]
    if present is None:
        with connection.transaction():
            connection.execute(SchemaManager.get_schema())
