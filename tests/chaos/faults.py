"""The faults, one function a kind: it begins the fault, and returns what ends it."""

import contextlib
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

import psycopg

from stack.processes import Service
from tests.chaos.site import Site, send_signal

End = Callable[[], None]

_TABLES = ("documents", "jobs", "job_runs", "run_steps", "outbox", "procrastinate_jobs")
_REFUSE = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$
"""
# To a clock that was set back, all that was written before lies ahead.
_AHEAD = (
    "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat + interval '1 h'",
    "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 h' WHERE status = 'todo'",
    "UPDATE outbox SET recorded_at = recorded_at + interval '1 h'",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of fault: whether it befalls the database, so everybody, or one worker."""

    begin: Callable[[Site, Service], End]
    seconds: float = 0.0
    of_database: bool = False


def kill_worker(site: Site, worker: Service) -> End:
    """SIGKILL."""
    send_signal(worker, signal.SIGKILL)
    return _nothing


def stop_worker(site: Site, worker: Service) -> End:
    """SIGTERM: it finishes what it has, or hands it back."""
    send_signal(worker, signal.SIGTERM)
    return _nothing


def hold_worker_up(site: Site, worker: Service) -> End:
    """SIGSTOP, for longer than it takes to be given up, and SIGCONT."""
    send_signal(worker, signal.SIGSTOP)
    return lambda: send_signal(worker, signal.SIGCONT)


def kill_api(site: Site, worker: Service) -> End:
    """SIGKILL, wherever its requests are."""
    send_signal(site.api, signal.SIGKILL)
    return _nothing


def cut_connections(site: Site, worker: Service) -> End:
    """Every connection to the database, once."""
    site.wire.cut()
    return _nothing


def lose_answers(site: Site, worker: Service) -> End:
    """One of forty of the database's answers, and its connection with it."""
    site.wire.lose_one_in = 40

    def end() -> None:
        site.wire.lose_one_in = 0

    return end


def crash_database(site: Site, worker: Service) -> End:
    """SIGKILL to one of its processes: PostgreSQL then ends them all, and recovers."""
    with contextlib.suppress(psycopg.OperationalError), site.connection() as connection:
        os.kill(connection.info.backend_pid, signal.SIGKILL)
    return _nothing


def take_database_away(site: Site, worker: Service) -> End:
    """No connection is answered."""
    site.wire.away = True
    site.wire.cut()

    def end() -> None:
        site.wire.away = False

    return end


def fill_database(site: Site, worker: Service) -> End:
    """Each new row is refused as on a full disk."""
    return refuse_rows(site.query)


def refuse_rows(query: Callable[[str], object]) -> End:
    """Refuse each new row as PostgreSQL does when its disk is full (SQLSTATE 53100)."""
    query(_REFUSE)
    for table in _TABLES:  # one at a time: who locks several may meet a worker that does too
        query(f"CREATE TRIGGER refusing BEFORE INSERT ON {table} EXECUTE FUNCTION refuse()")

    def end() -> None:
        for table in _TABLES:
            query(f"DROP TRIGGER refusing ON {table}")
        query("DROP FUNCTION refuse")

    return end


def set_clock_back(site: Site, worker: Service) -> End:
    """The database's clock, by an hour, as its tables see it; and a worker is killed just then."""
    send_signal(worker, signal.SIGKILL)
    site.query("; ".join(_AHEAD))
    return _nothing


def kinds(*, stalled_s: float, away_s: float) -> Mapping[str, Kind]:
    """Return every kind, for workers that are given up after `stalled_s`."""
    return {
        "worker killed": Kind(begin=kill_worker),
        "worker stopped": Kind(begin=stop_worker),
        "worker held up": Kind(begin=hold_worker_up, seconds=1.5 * stalled_s),
        "api killed": Kind(begin=kill_api),
        "connections cut": Kind(begin=cut_connections, of_database=True),
        "answers lost": Kind(begin=lose_answers, seconds=3, of_database=True),
        "database crashed": Kind(begin=crash_database, of_database=True),
        "database gone": Kind(begin=take_database_away, seconds=away_s, of_database=True),
        "database full": Kind(begin=fill_database, seconds=stalled_s / 2, of_database=True),
        "clock set back": Kind(begin=set_clock_back, of_database=True),
    }


@dataclass(slots=True, kw_only=True)
class Fault:
    """One that happened; `ended` is in Unix time."""

    kind: str
    of_database: bool
    ended: float


def draw(random: Random, known: Mapping[str, Kind], *, database_is_free: bool) -> str:
    """Draw a kind; what befalls the database comes one at a time."""
    return random.choice(
        [name for name, kind in known.items() if database_is_free or not kind.of_database]
    )


def _nothing() -> None:
    """The fault is over once it has begun."""
