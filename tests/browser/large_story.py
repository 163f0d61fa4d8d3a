"""`./pants run tests/browser:large_story`: how soon a story of 50,000 events shows, and scrolls."""

import os
import tempfile
from pathlib import Path
from statistics import mean, quantiles
from typing import Any

import click
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import ARGUMENTS, chromium
from tests.browser.lines import completed_job, failed_job
from tests.browser.running_explorer import Explorer, running_explorer

FIRST_PAINT = """() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime"""
#: As soon as there is one; in milliseconds from the beginning of the navigation.
FIRST_ROW = """() => document.querySelector(".rows .row") && performance.now()"""
#: Scrolls on at an even speed, and gives the time between frames, in milliseconds.
SCROLL = """([seconds, speed]) => new Promise((resolve) => {
  const frames = [];
  const begin = performance.now();
  let last = begin;
  const frame = (now) => {
    frames.push(now - last);
    scrollBy(0, speed * (now - last) / 1000);
    last = now;
    if (now - begin < seconds * 1000) requestAnimationFrame(frame); else resolve(frames.slice(1));
  };
  requestAnimationFrame(frame);
})"""


@click.command()
@click.option("--events", default=50_000, show_default=True, help="In the one trace.")
@click.option("--rounds", default=5, show_default=True, help="Times that the page is opened.")
@click.option("--seconds", default=10, show_default=True, help="Of scrolling.")
@click.option("--speed", default=3000, show_default=True, help="Of scrolling, in pixels a second.")
def main(events: int, rounds: int, seconds: int, speed: int) -> None:
    """Measure first paint and scrolling of a story of many events, in Chromium."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_explorer(Path(folder)) as explorer,
        sync_playwright() as playwright,
    ):
        trace_id = _tell(explorer, events)
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        address = explorer.page(f"trace/{trace_id}")
        _wait_until_told(browser, explorer, events)
        click.echo("first paint / first row of the waterfall / the explorer's processor time, ms")
        for number in range(rounds):
            before = _processor_ms(explorer)
            first, row = _paints(browser, address)
            spent = _processor_ms(explorer) - before
            click.echo(f"  round {number + 1}: {first:6.0f} / {row:6.0f} / {spent:6.0f}")
        frames, rows = _frames(browser, address, seconds, speed)
        cuts = quantiles(frames, n=100)
        click.echo(f"scrolling {seconds} s at {speed} pixels a second: {rows:,} rows at its end")
        click.echo(f"  {1000 / mean(frames):.1f} frames a second")
        click.echo(
            f"  between frames p50 {cuts[49]:.1f}, p95 {cuts[94]:.1f}, p99 {cuts[98]:.1f} ms"
        )
        browser.close()


def _tell(explorer: Explorer, events: int) -> str:
    """Write jobs of one trace until there are enough events; return the trace's id."""
    trace_id = completed_job().trace_id
    lines: list[str] = []
    while len(lines) < events:
        story = failed_job() if len(lines) % 7 == 0 else completed_job()
        lines += [line.replace(story.trace_id, trace_id) for line in story.lines]
    explorer.write(lines)
    return trace_id


def _wait_until_told(browser: Browser, explorer: Explorer, events: int) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(explorer.page(), timeout=600_000)
        page.get_by_text(f"{events // 1000},").first.wait_for(timeout=600_000)


def _paints(browser: Browser, address: str) -> tuple[float, float]:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(address, wait_until="commit")
        row = page.wait_for_function(FIRST_ROW).json_value()
        first = page.wait_for_function(FIRST_PAINT).json_value()
    return float(first), float(row)


def _processor_ms(explorer: Explorer) -> float:
    """Return the explorer's processor time so far: fields 14 and 15 of /proc/PID/stat."""
    fields = Path(f"/proc/{explorer.process.pid}/stat").read_text().rpartition(")")[2].split()
    return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _frames(browser: Browser, address: str, seconds: int, speed: int) -> tuple[list[float], int]:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(address)
        page.wait_for_selector(".rows .row")
        frames: list[Any] = page.evaluate(SCROLL, [seconds, speed])
        rows = page.locator(".rows .row").count()
    return [float(each) for each in frames], rows


if __name__ == "__main__":
    main(prog_name="tests/browser:large_story")
