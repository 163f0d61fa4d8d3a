"""A Chromium, and pages that must not do what a page of ours never does."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    sync_playwright,
)

from tests.browser.chromium import ARGUMENTS, NoChromium, chromium
from tests.browser.running_explorer import Explorer, running_explorer

#: How long a page is waited for, on a busy machine.
PATIENCE_MS = 15_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    try:
        path = chromium()
    except NoChromium as error:
        pytest.fail(str(error), pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def explorer(tmp_path: Path) -> Iterator[Explorer]:
    with running_explorer(tmp_path) as running:
        yield running


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context() as context:
        context.set_default_timeout(PATIENCE_MS)
        yield context


@pytest.fixture
def page(context: BrowserContext, explorer: Explorer) -> Iterator[Page]:
    page = context.new_page()
    with well_behaved(page, explorer):
        yield page


@contextmanager
def well_behaved(page: Page, explorer: Explorer) -> Iterator[None]:
    """Fail when a page opens a dialog, complains on its console, or asks a foreign host."""
    own = urlsplit(explorer.address).netloc
    faults: list[str] = []

    def dialog(opened: Dialog) -> None:
        faults.append(f"dialog {opened.message}")
        opened.dismiss()

    def asked(request: Request) -> None:
        if urlsplit(request.url).netloc != own:
            faults.append(f"request to {request.url}")

    def said(message: ConsoleMessage) -> None:
        faults.append(f"console {message.type}: {message.text}")

    page.on("dialog", dialog)
    page.on("request", asked)
    page.on("console", said)
    page.on("pageerror", lambda error: faults.append(f"error {error}"))
    yield
    assert faults == []
