"""Where Debian's Chromium is, and how it is started."""

import shutil

#: Headless, and silent on the network of its own accord.
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoChromium(Exception):
    """Chromium is not on PATH; the message says how to get it."""


def chromium() -> str:
    """Return its path. Raises NoChromium."""
    found = shutil.which("chromium")
    if found is None:
        raise NoChromium(
            "This needs Chromium, which is not on PATH: `apt-get install chromium` as root "
            "(.ci/run does it by itself)."
        )
    return found
