"""How to reach the database, and how its tables come to be."""

from collections.abc import Mapping
from importlib.resources import files

import psycopg
from procrastinate.exceptions import ConnectorException
from procrastinate.schema import SchemaManager
from psycopg import AsyncConnection
from psycopg.types.string import TextLoader
from psycopg_pool import AsyncConnectionPool
from yoyo import get_backend, read_migrations

# Any fixed number: who holds this advisory lock may change the schema.
MIGRATION_LOCK = 0x6E617272

#: What is raised while the database cannot be reached or used.
DATABASE_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, ConnectorException)

# How long a database may be away before those who wait for it are told.
CONNECT_TIMEOUT_S = 10.0

# The pauses between a pool's attempts grow up to this: it notices soon that the database is back.
RECONNECT_TIMEOUT_S = 5.0


class MissingDatabaseUrl(ValueError):
    """DATABASE_URL is not set."""


def database_url(environment: Mapping[str, str]) -> str:
    """Return DATABASE_URL, a libpq connection URI. Raises MissingDatabaseUrl."""
    url = environment.get("DATABASE_URL", "")
    if not url:
        raise MissingDatabaseUrl(
            "DATABASE_URL is not set: give a PostgreSQL connection URL, "
            "for example DATABASE_URL=postgresql://user:password@host/narralytica"
        )
    return url


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


def connection_pool(url: str, *, max_size: int = 8) -> AsyncConnectionPool:
    """Return a pool, not yet open, whose connections give UUID columns as canonical strings."""
    return AsyncConnectionPool(
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


async def _configure(connection: AsyncConnection) -> None:
    connection.adapters.register_loader("uuid", TextLoader)


def _migrate_shared_tables(url: str) -> None:
    backend = get_backend(url.replace("postgresql://", "postgresql+psycopg://", 1))
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
