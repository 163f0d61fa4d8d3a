"""Everything can be done with the keyboard alone."""

from playwright.sync_api import Page, expect

from tests.browser.lines import completed_job, failed_job
from tests.browser.running_explorer import Explorer


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.replace(/\\s+/g, ' ').trim()"))


def follow(page: Page) -> None:
    """Press Enter, and wait for the page that it leads to: its keys work once it is loaded."""
    with page.expect_event("load"):
        page.keyboard.press("Enter")


def test_from_the_errors_to_the_layer_that_failed(page: Page, explorer: Explorer) -> None:
    bad = failed_job()
    explorer.write([*completed_job().lines, *bad.lines])
    page.goto(explorer.page())
    page.keyboard.press("/")
    page.keyboard.type("layer_name:embedding status:failed")
    follow(page)
    expect(page.locator(".summary").first).to_contain_text("3 events that pass")
    page.keyboard.press("j")
    assert focused(page) == "layer.failed"
    follow(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("narralytica.layer.failed")
    page.keyboard.press("i")
    page.keyboard.type(bad.job_id)
    follow(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text(bad.job_id)
    expect(page.get_by_role("region", name="Why it failed")).to_be_visible()
    for _ in range(2):
        page.keyboard.press("j")
    assert focused(page) == "enrich, attempt 3 › layer embedding"
    follow(page)
    details = page.get_by_role("region", name="embedding")
    expect(details).to_be_focused()
    expect(details).to_contain_text("ModelUnavailable")


def test_j_and_k_go_through_the_rows_and_stop_at_the_ends(page: Page, explorer: Explorer) -> None:
    explorer.write(failed_job().lines)
    page.goto(explorer.page())
    names = page.locator("[data-step]").all_inner_texts()
    page.keyboard.press("k")
    assert focused(page) == names[-1]
    page.keyboard.press("j")
    assert focused(page) == names[-1]
    page.keyboard.press("k")
    assert focused(page) == names[-2]


def test_the_keys_are_explained_and_escape_leaves(page: Page, explorer: Explorer) -> None:
    page.goto(explorer.page())
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("/")
    box = page.get_by_role("textbox", name="Filter")
    expect(box).to_be_focused()
    page.keyboard.type("j?/")
    expect(box).to_have_value("j?/")
    page.keyboard.press("Escape")
    expect(box).not_to_be_focused()


def test_tab_reaches_content_past_the_menu_and_focus_is_seen(
    page: Page, explorer: Explorer
) -> None:
    explorer.write(failed_job().lines)
    page.goto(explorer.page())
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("textbox", name="Filter")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_an_id_is_copied(page: Page, explorer: Explorer) -> None:
    bad = failed_job()
    explorer.write(bad.lines)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(explorer.page(f"trace/{bad.request_id}"))
    copy = page.locator(".copy").first
    copy.focus()
    page.keyboard.press("Enter")
    expect(copy).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == bad.request_id
