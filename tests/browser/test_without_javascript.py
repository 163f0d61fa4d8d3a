"""Everything can be read without JavaScript."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_MS
from tests.browser.lines import completed_job, failed_job
from tests.browser.running_explorer import Explorer


@pytest.fixture
def plain_page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(java_script_enabled=False) as context:
        context.set_default_timeout(PATIENCE_MS)
        yield context.new_page()


def test_from_the_list_to_the_layer_that_failed(plain_page: Page, explorer: Explorer) -> None:
    page, bad = plain_page, failed_job()
    explorer.write([*bad.lines, *completed_job().lines])
    page.goto(explorer.page())
    box = page.get_by_role("textbox", name="Filter")
    box.fill("area:job status:failed")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name="Story").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(bad.request_id)
    page.get_by_role("link", name="enrich, attempt 3 › layer embedding").click()
    expect(page.get_by_role("region", name="embedding")).to_contain_text("ModelUnavailable")
    page.locator(".branch").filter(has_text="enrich #1").last.locator("summary").click()
    expect(page.locator(".rows .row").filter(has_text="sentiment").first).to_be_hidden()


def test_nothing_is_offered_that_would_not_work(plain_page: Page, explorer: Explorer) -> None:
    bad = failed_job()
    explorer.write(bad.lines)
    plain_page.goto(explorer.page(f"trace/{bad.request_id}"))
    expect(plain_page.get_by_role("button", name="Copy")).to_be_hidden()
    expect(plain_page.get_by_role("button", name="Close all")).to_be_hidden()
    expect(plain_page.get_by_text("live", exact=True)).to_be_hidden()


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("errors", "ModelUnavailable"),
        ("latency", "transcribe"),
        ("contracts", "Every line of ours is a valid event."),
        ("catalogue", "layer.failed"),
    ],
)
def test_the_other_pages(plain_page: Page, explorer: Explorer, path: str, told: str) -> None:
    explorer.write(failed_job().lines)
    plain_page.goto(explorer.page(path))
    expect(plain_page.get_by_role("main")).to_contain_text(told)


def test_older_events_are_a_page_away(plain_page: Page, explorer: Explorer) -> None:
    stories = [completed_job() for _ in range(12)]
    lines = [line for story in stories for line in story.lines]
    explorer.write(lines)
    plain_page.goto(explorer.page())
    seen = plain_page.locator("tbody tr[data-row]").count()
    while (older := plain_page.get_by_role("link", name="Older")).count():
        older.click()
        seen += plain_page.locator("tbody tr[data-row]").count()
    assert seen == len(lines)
