"""A running `narralytica explore`, over a folder that tests write to."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Explorer:
    """Where it is, and the folder whose files it shows."""

    address: str
    folder: Path
    process: subprocess.Popen[str]

    def write(self, lines: Iterable[str], file: str = "events.jsonl") -> None:
        """Add lines to a file."""
        with (self.folder / file).open("a", encoding="utf-8") as opened:
            opened.writelines(f"{line}\n" for line in lines)

    def page(self, path: str = "") -> str:
        """Return the address of a page."""
        return f"{self.address}{path}"

    @property
    def origin(self) -> str:
        """The address without its path."""
        return self.address.removesuffix("/explorer/")

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)


@contextmanager
def running_explorer(machine: Path) -> Iterator[Explorer]:
    """Run it below `machine` during a with block, which ends as Ctrl-C does."""
    folder = machine / "events"
    folder.mkdir()
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
        "PYTHONUNBUFFERED": "1",
    }
    arguments = ("explore", str(folder), "--port", "0", "--index", str(machine / "index"))
    with subprocess.Popen(
        [sys.executable, "-m", "stack", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline().split()
            assert said[:1] == ["Explorer"], said
            explorer = Explorer(address=said[1], folder=folder, process=process)
            yield explorer
            if process.poll() is None:
                explorer.stop()
        finally:
            process.kill()
