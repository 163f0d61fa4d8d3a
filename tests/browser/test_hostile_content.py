"""Whatever a line contains is shown, and does nothing."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect

from tests.browser.lines import failed_job
from tests.browser.running_explorer import Explorer, running_explorer

MARKUP = "</td><script>alert(1)</script><img src=//foreign.example/x onerror=alert(2)>{{7*7}}"
ESCAPES = "\x1b]0;owned\x07\x1b[31mred\x1b[2J"
RIGHT_TO_LEFT = "safe\u202egnp.exe\u2066\u200f"
LONG = "x" * 1_000_000


@pytest.fixture(scope="module")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Explorer]:
    with running_explorer(tmp_path_factory.mktemp("machine")) as running:
        yield running


@pytest.fixture(scope="module")
def hostile(explorer: Explorer) -> str:
    """Lines with markup in every text of a valid event, and worse in lines that are none."""
    story = failed_job()
    why: dict[str, Any] = {"error_type": "Hostile", "error_message": MARKUP}
    actor = {"service_name": MARKUP, "host": MARKUP, "env": MARKUP, "service_version": MARKUP}
    story.begin("ingest")
    event_id = story.tell(
        "job_run.failed",
        service="x",
        severity="error",
        actor=actor,
        job_type="ingest",
        worker="ingest",
        status="failed",
        attempt=1,
        latency_ms=1.0,
        will_retry=False,
        **why,
    )
    story.end("ingest", "failed", latency_ms=1.0, will_retry=False, **why)
    story.job("failed", latency_ms=1.0, **why)
    ours = {"event_name": "narralytica.job.failed", "payload": {"error_message": ""}}
    broken = [
        json.dumps({**ours, "severity": text}, ensure_ascii=False)
        for text in (MARKUP, ESCAPES, RIGHT_TO_LEFT, LONG)
    ]
    broken.append('{"event_name":"narralytica.x' + MARKUP + ESCAPES.replace("\n", ""))
    # A valid event on a line of a million characters.
    padded = story.lines[-1].replace("{", "{" + " " * 1_000_000, 1)
    explorer.write([*story.lines[:-1], padded, *broken], file="<b>hostile.jsonl")
    # As bytes that are no text.
    with (explorer.folder / "bytes.jsonl").open("wb") as file:
        file.write(b'{"event_name":"narralytica.\xff\xfe\x00"}\n')
    return f"{story.request_id}/{event_id}"


@pytest.mark.parametrize("path", ["", "errors", "latency", "contracts", "catalogue"])
def test_every_page_shows_it_harmlessly(
    page: Page, explorer: Explorer, hostile: str, path: str
) -> None:
    page.goto(explorer.page(path))
    expect(page.get_by_role("main")).to_be_visible()
    text = page.get_by_role("main").inner_text()
    assert_harmless(page, text)
    if path in ("", "errors"):
        assert "<script>alert(1)</script>" in text
        assert "{{7*7}}" in text


def test_an_event_and_its_story_show_it_harmlessly(
    page: Page, explorer: Explorer, hostile: str
) -> None:
    request_id, event_id = hostile.split("/")
    for path in (f"event/{event_id}", f"trace/{request_id}?find=Hostile"):
        page.goto(explorer.page(path))
        text = page.get_by_role("main").inner_text()
        assert "<script>alert(1)</script>" in text
        assert_harmless(page, text)


def test_broken_lines_are_told_with_their_place_and_escaped(
    page: Page, explorer: Explorer, hostile: str
) -> None:
    page.goto(explorer.page("contracts"))
    invalid = page.get_by_role("region", name="Invalid lines")
    expect(invalid).to_contain_text("<b>hostile.jsonl:")
    expect(invalid).to_contain_text("\\u202e")
    expect(invalid).to_contain_text("<script>")


def test_a_line_of_a_million_characters_is_cut_and_whole_as_plain_text(
    page: Page, explorer: Explorer, hostile: str
) -> None:
    page.goto(explorer.page("?q=event_name:job.failed+error_type:Hostile"))
    page.get_by_role("link", name="job.failed").click()
    line = page.get_by_label("The line")
    expect(line).to_contain_text("characters)")
    assert len(line.inner_text()) < 20_000
    address = page.get_by_role("link", name="The whole line as plain text").get_attribute("href")
    answer = page.request.get(f"{explorer.origin}{address}")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(answer.text()) > 1_000_000


def test_what_is_asked_for_is_shown_harmlessly(
    context: BrowserContext, explorer: Explorer, hostile: str
) -> None:
    page = context.new_page()
    dialogs: list[str] = []

    def refuse(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", refuse)
    for path in ("?q=%22", "trace?id=", "trace/", "event/", "errors?q=a:", "?before="):
        page.goto(explorer.page(path + MARKUP.replace("/", "%2F").replace("#", "%23")))
        assert page.evaluate("document.scripts.length") == 1
        assert page.locator("main img, main script").count() == 0
    assert dialogs == []


def test_scripts_of_others_would_not_run(browser: Browser, explorer: Explorer) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        answer = page.goto(explorer.page())
        assert answer is not None
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        page.evaluate("""() => {
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
            const styled = document.createElement("p");
            styled.setAttribute("style", "color: red");
            styled.setAttribute("onclick", "window.ran = true");
            document.body.append(styled);
            styled.click();
        }""")
        assert page.evaluate("window.ran") is None


def assert_harmless(page: Page, text: str) -> None:
    """Nothing of a line became markup, and no character changes how others are shown."""
    assert page.locator("main script, main img").count() == 0
    assert not set(text) & set("\x1b\x07\x00\u202e\u2066\u200f")
    assert len(text) < 200_000
