"""`./pants run tests/browser:pictures`: takes the pictures in docs/images/explorer-*.png anew."""

import tempfile
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Literal, NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import ARGUMENTS, chromium
from tests.browser.running_explorer import Explorer, running_explorer

FOLDER = Path("docs/images")
#: A generated stream that keeps every contract: retries, lost workers, degraded layers.
SAMPLE = files("tests") / "fixtures" / "explorer" / "streams" / "sample.jsonl"
GAVE_UP = "area:job status:failed"
WIDE, PHONE = (1280, 860), (390, 844)


class Picture(NamedTuple):
    """A picture of a page: `trace` stands for the story of the first job that failed."""

    name: str
    path: str
    scheme: Literal["light", "dark"] = "light"
    size: tuple[int, int] = WIDE


PICTURES: Sequence[Picture] = (
    Picture("events", ""),
    Picture("trace", "trace"),
    Picture("trace-dark", "trace", "dark"),
    Picture("trace-phone", "trace", "light", PHONE),
    Picture("errors", "errors"),
    Picture("errors-phone-dark", "errors", "dark", PHONE),
    Picture("latency", "latency"),
    Picture("latency-dark", "latency", "dark"),
    Picture("contracts", "contracts"),
    Picture("catalogue", "catalogue"),
)


def main() -> None:
    """Take all pictures."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_explorer(Path(folder)) as explorer,
        sync_playwright() as playwright,
    ):
        explorer.write(SAMPLE.read_text(encoding="utf-8").splitlines())
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        for picture in PICTURES:
            _take(browser, explorer, picture)
        browser.close()


def _take(browser: Browser, explorer: Explorer, picture: Picture) -> None:
    width, height = picture.size
    with browser.new_context(
        color_scheme=picture.scheme,
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
    ) as context:
        page = context.new_page()
        _open(page, explorer, picture.path)
        page.screenshot(path=FOLDER / f"explorer-{picture.name}.png")


def _open(page: Page, explorer: Explorer, path: str) -> None:
    if path != "trace":
        page.goto(explorer.page(path))
    else:
        page.goto(explorer.page(f"?q={GAVE_UP}"))
        page.get_by_role("link", name="Story").first.click()
        page.wait_for_selector(".rows .row")
    # It says live once it listens; the catalogue never does.
    if path != "catalogue":
        page.get_by_text("live", exact=True).wait_for()


if __name__ == "__main__":
    main()
