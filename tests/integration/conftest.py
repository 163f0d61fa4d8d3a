"""A real stack for the tests: PostgreSQL, the API and the five workers as processes."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from explorer.lines import InvalidLine
from stack.embedded_postgres import embedded_postgres
from stack.launch import free_port, wait_until_healthy
from stack.processes import Folders, Service, running_services
from store.database import migrate
from tests.integration.running_stack import RunningStack
from tests.integration.workshop import Workshop, environment_of, terminate


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    # Not pytest's tmp_path, which the database's own system user may not enter.
    folder = Path(tempfile.mkdtemp(prefix="narralytica-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def database_url(data_dir: Path) -> Iterator[str]:
    with embedded_postgres(data_dir) as url:
        migrate(url)
        yield url


@pytest.fixture(scope="module")
def stack(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    folders = Folders.below(tmp_path_factory.mktemp("stack"))
    port = free_port()
    with (
        running_services(database_url, folders, port=port) as services,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        wait_until_healthy(client, services)
        yield RunningStack(client=client, services=services, folders=folders)


@pytest.fixture(scope="module")
def lone_url() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="narralytica-test-"))
    folder.chmod(0o711)
    with embedded_postgres(folder) as url:
        migrate(url)
        yield url
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def lone_api(lone_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    folders = Folders.below(tmp_path_factory.mktemp("lifecycle"))
    port = free_port()
    service = Service(
        name="api",
        module="api",
        arguments=("--port", str(port)),
        environment=environment_of(lone_url),
        folders=folders,
    )
    service.start()
    with ExitStack() as cleanup:
        cleanup.callback(terminate, service)
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
        cleanup.enter_context(client)
        wait_until_healthy(client, [service])
        yield RunningStack(client=client, services=[service], folders=folders)


@pytest.fixture
def workshop(lone_url: str, lone_api: RunningStack) -> Iterator[Workshop]:
    shop = Workshop(lone_url, lone_api)
    yield shop
    shop.end_workers()
    # What a test left in the queue would occupy the next one's workers.
    shop.query("DELETE FROM procrastinate_jobs")
    assert [line for line in lone_api.lines() if isinstance(line, InvalidLine)] == []
    for service in shop.started:
        (lone_api.folders.events / f"{service.name}.jsonl").unlink()
