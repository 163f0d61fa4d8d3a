"""What is written while a page is open appears on it."""

from playwright.sync_api import Page, expect

from tests.browser.lines import completed_job, failed_job
from tests.browser.running_explorer import Explorer


def test_a_new_line_appears_at_the_top_of_the_list(page: Page, explorer: Explorer) -> None:
    explorer.write(completed_job().lines)
    page.goto(explorer.page())
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    first = page.locator("tbody tr[data-row]").first
    expect(first).to_contain_text("job.completed")
    late = completed_job()
    late.wait(60)
    late.job("failed", error_type="Late", latency_ms=1.0)
    explorer.write(late.lines[-1:])
    expect(first).to_contain_text("Late")


def test_only_what_passes_the_filter_appears(page: Page, explorer: Explorer) -> None:
    explorer.write(completed_job().lines)
    page.goto(explorer.page("?q=error_type:*"))
    expect(page.get_by_text("Nothing passes this filter")).to_be_visible()
    explorer.write([*completed_job().lines, *failed_job().lines])
    expect(page.locator(".summary").first).to_contain_text("7 events that pass")
    expect(page.locator("tbody tr[data-row]")).to_have_count(7)


def test_an_empty_page_waits_for_the_first_line(page: Page, explorer: Explorer) -> None:
    page.goto(explorer.page())
    expect(page.get_by_role("heading", name="No events yet")).to_be_visible()
    explorer.write(completed_job().lines)
    expect(page.locator("tbody tr[data-row]").first).to_contain_text("job.completed")


def test_a_story_goes_on_while_it_is_watched(page: Page, explorer: Explorer) -> None:
    story = failed_job()
    cut = next(n for n, line in enumerate(story.lines) if "job_run.failed" in line)
    explorer.write(story.lines[:cut])
    page.goto(explorer.page(f"trace/{story.request_id}"))
    summary = page.locator(".summary").first
    expect(summary).to_contain_text("… open")
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    page.locator(".rows").get_by_role("link", name="job ingest").focus()
    explorer.write(story.lines[cut:])
    expect(summary).to_contain_text("✗ failed")
    expect(page.get_by_role("region", name="Why it failed")).to_be_visible()
    expect(page.locator(".rows").get_by_role("link", name="job ingest")).to_be_focused()


def test_what_was_typed_stays_when_something_new_comes(page: Page, explorer: Explorer) -> None:
    story = failed_job()
    explorer.write(story.lines[:5])
    page.goto(explorer.page(f"trace/{story.request_id}"))
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    box = page.get_by_role("textbox", name="Find in this story")
    box.fill("embed")
    explorer.write(story.lines[5:])
    expect(page.locator(".summary").first).to_contain_text("✗ failed")
    expect(box).to_have_value("embed")
    expect(box).to_be_focused()


def test_errors_appear(page: Page, explorer: Explorer) -> None:
    explorer.write(completed_job().lines)
    page.goto(explorer.page("errors"))
    expect(page.get_by_role("heading", name="No errors")).to_be_visible()
    explorer.write(failed_job().lines)
    expect(page.get_by_role("row", name="ModelUnavailable").first).to_be_visible()


def test_an_invalid_line_appears(page: Page, explorer: Explorer) -> None:
    page.goto(explorer.page("contracts"))
    expect(page.get_by_text("Every line of ours is a valid event.")).to_be_visible()
    explorer.write(['{"event_name":"narralytica.job.failed"}'])
    row = page.get_by_role("row", name="events.jsonl:1")
    expect(row).to_contain_text("breaks required")


def test_ctrl_c_ends_it_with_0_while_a_page_is_open(page: Page, explorer: Explorer) -> None:
    explorer.write(completed_job().lines)
    page.goto(explorer.page())
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    page.close()
    explorer.stop()
    assert explorer.process.returncode == 0
