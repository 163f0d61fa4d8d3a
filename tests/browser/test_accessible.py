"""axe finds nothing on any page: names, roles and contrast, light, dark, and on a phone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.lines import completed_job, failed_job
from tests.browser.running_explorer import Explorer, running_explorer

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
LOOKS: Sequence[tuple[Literal["light", "dark"], int]] = (
    ("light", 1360),
    ("dark", 1360),
    ("light", 390),
    ("dark", 390),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """An explorer that shows a bit of everything, and the paths of its pages."""

    explorer: Explorer
    paths: Sequence[str]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_explorer(tmp_path_factory.mktemp("machine")) as running:
        yield Site(explorer=running, paths=_pages(running))


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_axe_finds_no_violation(
    browser: Browser, site: Site, scheme: Literal["light", "dark"], width: int
) -> None:
    with browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 850}
    ) as context:
        page = context.new_page()
        found = {}
        for path in site.paths:
            page.goto(site.explorer.page(path))
            # What fades in is judged once it is there.
            expect(page.get_by_role("main")).to_be_visible()
            results = Axe().run(page, options={"resultTypes": ["violations"]})
            if results.violations_count:
                found[path] = results.generate_report()
        assert found == {}


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_no_page_is_wider_than_the_screen(browser: Browser, site: Site, width: int) -> None:
    with browser.new_context(viewport={"width": width, "height": 844}) as context:
        page = context.new_page()
        for path in site.paths:
            page.goto(site.explorer.page(path))
            assert _overflow(page) <= 0, path


def test_nothing_moves_for_who_wants_it_so(browser: Browser, explorer: Explorer) -> None:
    explorer.write(completed_job().lines)
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(explorer.page())
        expect(page.get_by_text("live", exact=True)).to_be_visible()
        explorer.write(failed_job().lines)
        fresh = page.locator("tr.fresh").first
        expect(fresh).to_be_visible()
        assert fresh.evaluate("row => row.getAnimations({subtree: true}).length") == 0


def _pages(explorer: Explorer) -> list[str]:
    bad, good, open_ = failed_job(), completed_job(LONG_AGO), failed_job()
    open_lines = open_.lines[:14]
    broken = bad.lines[3].replace('"attempt": 1', '"attempt": "one"')
    explorer.write([*bad.lines, *good.lines, *open_lines, broken])
    event_id = bad.lines[0].split('"event_id": "')[1][:36]
    return [
        "",
        "?q=layer_name:embedding",
        "?q=nothing_like_it",
        "?q=a:b",
        f"trace/{bad.request_id}",
        f"trace/{bad.request_id}?span={bad.job_id}",
        f"trace/{open_.request_id}",
        f"trace/{good.request_id}?find=nothing",
        "trace/ffff",
        f"event/{event_id}",
        "errors",
        "errors?q=since:1s",
        "latency",
        "contracts",
        "catalogue",
        "catalogue#narralytica.job.failed",
    ]


def _overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))
