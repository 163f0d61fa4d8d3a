"""A job failed: find it, see why, see which attempt and which layer. As a person does it."""

import json
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.lines import completed_job, failed_job
from tests.browser.running_explorer import Explorer


def test_from_the_list_of_errors_to_attempt_and_layer(page: Page, explorer: Explorer) -> None:
    good, bad = completed_job(), failed_job()
    explorer.write([*good.lines, *bad.lines])

    page.goto(explorer.page())
    page.get_by_role("link", name="Errors").click()
    row = page.get_by_role("row", name="ModelUnavailable").filter(has_text="layer embedding")
    expect(row).to_contain_text("the model does not answer")
    expect(row.get_by_role("cell").nth(1)).to_have_text("3")
    row.get_by_role("link", name="Story").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text(bad.job_id)
    why = page.get_by_role("region", name="Why it failed")
    expect(why.get_by_role("listitem").first).to_contain_text(
        "job ingest gave up after 3 attempts of enrich"
    )
    cause = why.get_by_role("listitem").filter(has_text="layer embedding").first
    expect(cause).to_contain_text("enrich, attempt 3 › layer embedding")
    expect(cause).to_contain_text("ModelUnavailable: the model does not answer")
    cause.get_by_role("link").click()

    details = page.get_by_role("region", name="embedding")
    expect(details).to_be_in_viewport()
    expect(details).to_contain_text("embedder-7")
    expect(details).to_contain_text("900.0 ms")
    details.get_by_role("link", name="layer.failed").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("narralytica.layer.failed")
    expect(page.get_by_label("The line")).to_contain_text('"model_id": "embedder-7"')


def test_the_waterfall_tells_attempts_waits_and_what_is_in_place(
    page: Page, explorer: Explorer
) -> None:
    bad = failed_job()
    explorer.write(bad.lines)
    page.goto(explorer.page(f"trace/{bad.request_id}"))
    rows = page.locator(".rows .row")
    told = [" ".join(text.split()) for text in rows.all_inner_texts()]
    runs = [text for text in told if "enrich #" in text]
    assert [text.split("#")[1][0] for text in runs] == ["1", "2", "3"]
    assert "waited for the retry" not in runs[0]
    assert "2.50 s waited for the retry" in runs[1]
    assert "6.00 s waited for the retry" in runs[2]
    assert all("ModelUnavailable: the model does not answer" in text for text in runs)
    assert sum("embedding" in text for text in told) == 3
    summary = page.locator(".summary").first
    expect(summary).to_contain_text("✗ failed")
    expect(summary).to_contain_text("6 attempts, 3 failed")
    expect(summary).to_contain_text("retry waits 8.50 s")


def test_a_beginning_of_an_id_leads_to_the_story(page: Page, explorer: Explorer) -> None:
    bad = failed_job()
    explorer.write(bad.lines)
    page.goto(explorer.page())
    box = page.get_by_label("Id, or its beginning")
    box.fill(bad.job_id[:30])
    box.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(bad.job_id)


def test_what_never_ended_is_marked(page: Page, explorer: Explorer) -> None:
    story = failed_job()
    cut = next(n for n, line in enumerate(story.lines) if "job_run.failed" in line)
    explorer.write(story.lines[:cut])
    page.goto(explorer.page(f"trace/{story.request_id}"))
    expect(page.locator(".summary").first).to_contain_text("… open")
    row = page.locator(".rows .row").filter(has_text="enrich #1")
    expect(row).to_contain_text("never ended, begun")


def test_an_event_of_no_request_and_no_job_has_no_story(page: Page, explorer: Explorer) -> None:
    story = completed_job()
    lost: dict[str, Any] = {"dropped_count": 3, "sink": "stdout", "reason": "write_failed"}
    event_id = story.tell("events.dropped", service="api", severity="warn", job=False, **lost)
    line = json.loads(story.lines[-1])
    line["correlation"] = dict.fromkeys(line["correlation"])
    explorer.write([json.dumps(line)])
    page.goto(explorer.page(f"trace/{event_id}"))
    expect(page.get_by_role("heading", name="No request and no job")).to_be_visible()
    page.get_by_role("link", name="show it").click()
    expect(page.get_by_role("link", name="events.dropped")).to_be_visible()


def test_a_filter_narrows_the_list(page: Page, explorer: Explorer) -> None:
    explorer.write([*failed_job().lines, *completed_job().lines])
    page.goto(explorer.page())
    box = page.get_by_role("textbox", name="Filter")
    box.fill("layer_name:embedding severity:error")
    box.press("Enter")
    expect(page.locator(".summary").first).to_contain_text("3 events that pass")
    assert "q=layer_name%3Aembedding+severity%3Aerror" in page.url


def test_a_filter_that_cannot_be_read_shows_where(
    explorer: Explorer, context: BrowserContext
) -> None:
    explorer.write(failed_job().lines)
    page = context.new_page()
    answer = page.goto(explorer.page("?q=severity:error+latncy_ms>5"))
    assert answer is not None
    assert answer.status == 422
    error = page.get_by_role("alert")
    expect(error).to_contain_text("No event has a field latncy_ms.")
    expect(error).to_contain_text("Column 16.")
    [filter_line, pointer, *_] = error.locator("pre").inner_text().splitlines()
    assert filter_line.index("latncy_ms") == pointer.index("^")
    expect(page.get_by_role("textbox", name="Filter")).to_have_value("severity:error latncy_ms>5")


def test_what_is_looked_for_in_a_story_is_found_with_what_it_lies_in(
    page: Page, explorer: Explorer
) -> None:
    bad = failed_job()
    explorer.write(bad.lines)
    page.goto(explorer.page(f"trace/{bad.request_id}"))
    box = page.get_by_role("textbox", name="Find in this story")
    box.fill("sentiment")
    box.press("Enter")
    rows = page.locator(".rows .row .what a")
    names = [text.split()[0] for text in rows.all_inner_texts()]
    assert names == ["request", "job", *["enrich", "sentiment"] * 3]


def test_spans_are_closed_and_opened(page: Page, explorer: Explorer) -> None:
    bad = failed_job()
    explorer.write(bad.lines)
    page.goto(explorer.page(f"trace/{bad.request_id}"))
    layer = page.locator(".rows .row").filter(has_text="sentiment").first
    expect(layer).to_be_visible()
    page.get_by_role("button", name="Close all").click()
    expect(layer).to_be_hidden()
    page.get_by_role("button", name="Open all").click()
    expect(layer).to_be_visible()
