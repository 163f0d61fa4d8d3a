"""The kept database: DuckDB in a file that many processes may read and one may write at a time.

DuckDB lets no process read what another has open for writing. So the file is attached only while it
is used, under a lock of our own: shared to read, exclusive to write; attaching takes about 1 ms.
"""

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from explorer.index.schema import TABLES, VIEWS, fingerprint

DATABASE = "events.duckdb"
MEMORY_LIMIT = "800MB"
MOST_THREADS = 4
POLL_S = 0.01

#: What DuckDB raises for a damaged file.
DAMAGES = (duckdb.SerializationException, duckdb.InternalException, duckdb.FatalException)
#: It raises these also for other reasons, such as a full disk: what they say tells.
SAYING = (duckdb.Error, duckdb.IOException)
SIGNS_OF_DAMAGE = ("orrupt", "checksum", "not a valid DuckDB", "Could not read", "version number")


class IndexBusy(TimeoutError):
    """Another process held the index for longer than was to be waited."""


class IndexDamaged(Exception):
    """The kept file cannot be read, or is of another format."""


class FileLock:
    """A lock between processes, and between threads too: each holding opens the file anew."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def acquire(self, *, exclusive: bool, wait_s: float) -> int:
        """Return the descriptor that holds the lock until it is closed. Raises IndexBusy."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        kind = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
        deadline = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    os.close(descriptor)
                    raise IndexBusy(
                        f"another process has held {self._path} for {wait_s:g} s: try again later"
                    ) from None
                time.sleep(POLL_S)
            except BaseException:
                os.close(descriptor)
                raise
            else:
                return descriptor


@dataclass(slots=True)
class KeptDatabase:
    """The database file in a folder, and the engine that reads and writes it."""

    folder: Path
    wait_s: float = 30.0
    _engine: duckdb.DuckDBPyConnection = field(init=False)
    _lock: FileLock = field(init=False)
    #: Whoever waits to write holds it, and lets no new reader pass.
    _turnstile: FileLock = field(init=False)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _readers: int = 0
    _held: int = -1
    _viewed: bool = False

    def __post_init__(self) -> None:
        self._lock = FileLock(self.folder / "database.lock")
        self._turnstile = FileLock(self.folder / "turnstile.lock")
        self._engine = _engine(self.folder)

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self.folder / DATABASE

    @contextlib.contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Attach the file for a with block; threads of this process share it.

        Raises IndexBusy and IndexDamaged.
        """
        os.close(self._turnstile.acquire(exclusive=False, wait_s=self.wait_s))
        with self._guard:
            if self._readers == 0:
                self._held = self._lock.acquire(exclusive=False, wait_s=self.wait_s)
                try:
                    self._attach("READ_ONLY", threads=_threads())
                except BaseException:
                    os.close(self._held)
                    raise
            self._readers += 1
        cursor = self._engine.cursor()
        try:
            yield cursor
        finally:
            cursor.close()
            with self._guard:
                self._readers -= 1
                if self._readers == 0:
                    self._detach()
                    os.close(self._held)

    @contextlib.contextmanager
    def writing(self, *, alone: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """Attach the file for one transaction, which is committed when the with block ends well.

        `alone` says that this process has nothing else to do, and more is not to be written soon.
        Raises IndexBusy and IndexDamaged.
        """
        held = self._alone()
        try:
            # Each thread leaves a row group unfilled, which the next writer has to write anew.
            self._attach("READ_WRITE", threads=_threads() if alone else 1)
            cursor = self._engine.cursor()
            try:
                cursor.begin()
                yield cursor
                cursor.commit()
            finally:
                cursor.close()
                self._detach()
        finally:
            os.close(held)

    def prepare(self) -> None:
        """Make the file if there is none. Raises IndexDamaged when it is of another format."""
        if not self.path.exists():
            self._make()
        with damage_told(), self.writing() as database:
            try:
                found = database.execute("FROM kept.format").fetchall()
            except duckdb.CatalogException as error:
                raise IndexDamaged("it was left unfinished") from error
            if found != [(fingerprint(),)]:
                raise IndexDamaged("it was made by another version, or by other contracts")

    def discard(self) -> None:
        """Remove the file, and whatever the engine thinks of it."""
        held = self._alone()
        try:
            self._engine.close()
            for path in self.folder.glob(f"{DATABASE}*"):
                path.unlink()
            self._engine, self._viewed = _engine(self.folder), False
        finally:
            os.close(held)

    def close(self) -> None:
        """Let go of the engine."""
        self._engine.close()

    def _alone(self) -> int:
        """Wait until nobody reads or writes; return the descriptor that keeps it so."""
        turn = self._turnstile.acquire(exclusive=True, wait_s=self.wait_s)
        try:
            return self._lock.acquire(exclusive=True, wait_s=self.wait_s)
        finally:
            os.close(turn)

    def _make(self) -> None:
        """Make the file in one step: whoever is killed meanwhile leaves none."""
        held = self._alone()
        try:
            if self.path.exists():
                return  # another process was first
            new = self.path.with_suffix(".new")
            for left in self.folder.glob(f"{new.name}*"):
                left.unlink()
            self._attach_file(new, "READ_WRITE", threads=1)
            try:
                self._engine.execute(TABLES)
                self._engine.execute("INSERT INTO kept.format VALUES (?)", [fingerprint()])
                self._engine.execute("CHECKPOINT kept")
            finally:
                self._detach()
            new.rename(self.path)
        finally:
            os.close(held)

    def _attach(self, mode: str, *, threads: int) -> None:
        if mode == "READ_ONLY" and not self.path.exists():
            raise IndexBusy("another process is making the index: try again")
        with damage_told():
            self._attach_file(self.path, mode, threads=threads)
        if mode == "READ_ONLY" and not self._viewed:
            self._engine.execute(VIEWS)
            self._viewed = True

    def _attach_file(self, path: Path, mode: str, *, threads: int) -> None:
        quoted = str(path).replace("'", "''")
        self._engine.execute(f"SET threads = {threads}")
        self._engine.execute(f"ATTACH '{quoted}' AS kept ({mode})")

    def _detach(self) -> None:
        with contextlib.suppress(duckdb.Error):
            self._engine.execute("DETACH kept")


@contextlib.contextmanager
def damage_told() -> Iterator[None]:
    """Raise IndexDamaged for what DuckDB raises when a file is damaged."""
    try:
        yield
    except DAMAGES as error:
        raise IndexDamaged(str(error).splitlines()[0]) from error
    except duckdb.Error as error:
        said = type(error) in SAYING and any(sign in str(error) for sign in SIGNS_OF_DAMAGE)
        if said:
            raise IndexDamaged(str(error).splitlines()[0]) from error
        raise


def _threads() -> int:
    return min(MOST_THREADS, len(os.sched_getaffinity(0)))


def _engine(folder: Path) -> duckdb.DuckDBPyConnection:
    """Return an engine that can reach nothing but the folder, whatever a query says."""
    engine = duckdb.connect(
        config={
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": str(folder / f"spill-{os.getpid()}"),
        }
    )
    quoted = str(folder).replace("'", "''")
    engine.execute(f"SET allowed_directories = ['{quoted}']")
    # It would write on standard output, in the middle of JSON.
    engine.execute("SET enable_progress_bar = false")
    engine.execute("SET preserve_insertion_order = false")
    engine.execute("SET enable_external_access = false")
    return engine
