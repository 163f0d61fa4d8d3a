"""A real stack for the tests: PostgreSQL, the API and the five workers as processes."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stack.embedded_postgres import embedded_postgres
from stack.launch import free_port, wait_until_healthy
from stack.processes import Folders, running_services
from store.database import migrate
from tests.integration.running_stack import RunningStack


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
