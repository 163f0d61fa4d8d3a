"""`narralytica tail`."""

import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from explorer.commands.line import event_row, invalid_row
from explorer.commands.live import Live, standard_input
from explorer.commands.opened import Unanswerable
from explorer.commands.options import as_json, files, filtered
from explorer.commands.output import console, counted
from explorer.filter import Expression, predicate
from explorer.filter.predicate import Predicate
from explorer.lines import is_ours, judged
from explorer.sources import STDIN, Line

LAST = 10
LOOK_EVERY_S = 0.2
#: So far back the last lines are looked for in each file.
LOOK_BACK_BYTES = (1 << 20, 8 << 20, 64 << 20)
#: Of so many events it is remembered that they were shown: a line may be delivered twice.
MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A line that is worth showing: a valid event that passes, or one that is none.

    `at` is the event's time (RFC 3339), by which lines of several files are sorted; an invalid
    line has that of the event before it.
    """

    at: str
    file: Path
    content: bytes
    envelope: dict[str, Any] | None
    fault: str = ""


@click.command()
@files
@click.option(
    "-n",
    "--lines",
    "last",
    default=LAST,
    show_default=True,
    type=click.IntRange(min=0),
    help="How many events to begin with.",
)
@click.option("--follow/--no-follow", default=True, help="Whether to wait for more.")
@filtered
@as_json
def tail(
    files: tuple[Path, ...], last: int, follow: bool, expression: Expression, as_json: bool
) -> None:
    """Show the last events of FILES and then, until Ctrl-C, each that comes.

    A line tells the time (UTC), how serious it is, the event, its details and the beginning of the
    job's id, which leads `narralytica trace` there. Files may grow, be rotated and be added to a
    directory or a quoted glob; `-` is standard input, of which all is shown. The last events are
    looked for in the last 64 MiB of a file. With --json lines are passed on as they are. Exits with
    0, and with 2 for a file or filter that cannot be read.

    \b
      narralytica tail events/ --severity warn
      narralytica tail 'events/*.jsonl' -f 'layer_name:sentiment latency_ms>500'
      docker logs -f api | narralytica tail - --area job,job_run
    """
    if STDIN in files and len(files) > 1:
        raise click.UsageError("- is read to its end: name it alone.")
    screen = Screen(as_json=as_json)
    chosen = Chosen(passes=predicate(expression, datetime.now(UTC)))
    try:
        if files == (STDIN,):
            for line in standard_input():
                screen.show(chosen.among(STDIN, [line]))
        else:
            _tail(files, last, chosen, screen, follow=follow)
    except KeyboardInterrupt:
        pass
    if chosen.foreign:
        told = f"{counted(chosen.foreign, 'line')} of other programs passed over."
        click.echo(told, err=True)


@dataclass(slots=True, kw_only=True)
class Chosen:
    """Chooses what is worth showing, and counts what is other programs'."""

    passes: Predicate
    foreign: int = 0

    def among(self, file: Path, lines: Iterable[Line]) -> Iterator[Shown]:
        """Yield the events among the lines that pass, and what is no valid event."""
        at = ""
        for line in lines:
            envelope, fault = judged(line.content, line.fault)
            if not fault:
                at = envelope["occurred_at"]
                if self.passes(envelope):
                    yield Shown(at=at, file=file, content=line.content, envelope=envelope)
            elif is_ours(line.content, envelope):
                yield Shown(at=at, file=file, content=line.content, envelope=None, fault=fault)
            else:
                self.foreign += 1


@dataclass(slots=True, kw_only=True)
class Screen:
    """Shows lines one below the other, each event once, and the date where it changes."""

    as_json: bool
    _day: str = ""
    _seen: dict[str, None] = field(default_factory=dict)

    def show(self, lines: Iterable[Shown]) -> None:
        """Show the lines in the order of their time."""
        to = console()
        width = to.width if sys.stdout.isatty() else None
        for line in sorted(lines, key=lambda line: line.at):
            if line.envelope is None:
                told = invalid_row(line.file.name, line.fault, line.content, width)
                click.echo(told.plain, err=True) if self.as_json else to.print(told, soft_wrap=True)
            elif self._is_repeat(line.envelope):
                continue
            elif self.as_json:
                click.echo(line.content)
            else:
                self._print_day(to, line.at[:10])
                to.print(event_row(line.envelope, width), soft_wrap=True)
        sys.stdout.flush()

    def _print_day(self, to: Console, day: str) -> None:
        if day != self._day:
            self._day = day
            to.print(Text(day, "bold"))

    def _is_repeat(self, envelope: dict[str, Any]) -> bool:
        event_id = envelope.get("event_id")
        if event_id is None:
            return False
        if event_id in self._seen:
            return True
        self._seen[event_id] = None
        if len(self._seen) > MOST_REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return False


def _tail(
    files: tuple[Path, ...], last: int, chosen: Chosen, screen: Screen, *, follow: bool
) -> None:
    live = Live(sources=files)
    begin: list[Shown] = []
    try:
        for number, path in enumerate(live.files()):
            begin += _last(live, path, number, last, chosen)
    except OSError as error:
        raise Unanswerable(str(error)) from error
    screen.show(sorted(begin, key=lambda line: line.at)[-last:] if last else ())
    while follow:
        came = [line for path, lines in live.more() for line in chosen.among(path, lines)]
        screen.show(came)
        if not came:
            time.sleep(LOOK_EVERY_S)


def _last(live: Live, path: Path, number: int, last: int, chosen: Chosen) -> Iterable[Shown]:
    """Return the last lines of a file that are worth showing: look back farther until there are."""
    foreign = chosen.foreign
    shown: deque[Shown] = deque()
    for look_back_bytes in LOOK_BACK_BYTES:
        chosen.foreign = foreign
        lines, whole = live.last(path, number, look_back_bytes)
        shown = deque(chosen.among(path, lines), maxlen=last)
        if whole or len(shown) == last:
            break
    return shown
