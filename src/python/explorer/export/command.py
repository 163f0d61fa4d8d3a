"""`narralytica export`."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import click

from explorer.export.reading import Reading, batches, reading_of
from explorer.export.sending import NOUNS, Account, send_all
from explorer.harmless import harmless
from explorer.progress import progress_bar
from explorer.sources import MissingSource, discover
from observability.sinks.otlp_history import Destination, Signal

MOST_REASONS = 5
WORTH_TELLING_S = 1.0


@click.group()
def export() -> None:
    """Send history to other systems.

    \b
      narralytica export otlp events/*.jsonl
    """


@export.command()
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(allow_dash=True, path_type=Path),
)
@click.option(
    "--endpoint",
    metavar="URL",
    help="Where to; /v1/traces and /v1/logs are added. By default OTEL_EXPORTER_OTLP_ENDPOINT,"
    " else http://localhost:4318.",
)
@click.option(
    "--header",
    "headers",
    metavar="KEY=VALUE",
    multiple=True,
    help="Sent with each message, besides those of OTEL_EXPORTER_OTLP_HEADERS.",
)
@click.option(
    "--signal",
    "signals",
    type=click.Choice(get_args(Signal)),
    multiple=True,
    default=get_args(Signal),
    help="Send these alone, for a store that knows no others.",
)
@click.option(
    "--give-up-after",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    help="How long one message is tried.",
)
@click.option("--dry-run", is_flag=True, help="Count what would be sent, and send nothing.")
def otlp(
    files: tuple[Path, ...],
    endpoint: str | None,
    headers: tuple[str, ...],
    signals: tuple[Signal, ...],
    give_up_after: float,
    dry_run: bool,
) -> None:
    """Send the event lines of FILES over OTLP/HTTP.

    FILES may be directories, globs, packed by gzip or zstd, or - for standard input.

    Each event becomes a log record; jobs, job runs, layers, index syncs and requests become spans.
    They keep their own times, ids and services, as the sink `otel` would have sent them; ids that
    are missing are derived, so that sending again gives the same ones. An event that was repeated
    is sent once. Give the files of the API first: what ends in one file may begin in an earlier
    one.

    A message is tried again after 429, 502, 503 and 504, as Retry-After says. Exits with 1 if
    something was not accepted, and says what and why.

    \b
      narralytica export otlp events/api.jsonl events/worker-*.jsonl
      narralytica export otlp --endpoint https://otlp.example.com \\
        --header 'Authorization=Bearer …' events/*.jsonl
      narralytica export otlp --dry-run archive/
    """
    account = Account()
    try:
        destination = Destination(
            os.environ,
            endpoint=endpoint,
            headers=_pairs(headers),
            signals=signals,
            give_up_after_s=give_up_after,
            tell_wait=_tell_wait,
        )
        found = discover(files)
        reading = reading_of(found)
        with progress_bar("reading" if dry_run else "sending") as tell:
            lines = batches(found, reading, tell)
            send_all(lines, None if dry_run else destination, account)
    except MissingSource as error:
        raise click.UsageError(str(error)) from error
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    for line in _summary(account, reading, destination.address, dry_run=dry_run):
        click.echo(line, err=not dry_run)
    sys.exit(0 if account.complete else 1)


def _pairs(headers: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for number, header in enumerate(headers, start=1):
        name, separator, value = header.partition("=")
        if not separator:
            raise click.BadParameter(
                f"no. {number} must be KEY=VALUE", param_hint="--header"
            )  # without the value: it may be a token
        pairs[name.strip()] = value.strip()
    return pairs


def _tell_wait(answered: str, seconds: float) -> None:
    if seconds >= WORTH_TELLING_S:
        click.echo(f"{answered}: the next try is in {seconds:.0f} s", err=True)


def _summary(account: Account, reading: Reading, address: str, *, dry_run: bool) -> Iterator[str]:
    lines = f"{reading.lines:,} lines: {account.events:,} events"
    yield lines + (f", {account.repeats:,} repeats left out" if account.repeats else "")
    if reading.passed_over:
        yield f"{reading.passed_over:,} lines are no valid event: `narralytica check` names them"
    counts = account.found if dry_run else account.accepted
    told = " and ".join(f"{counts[signal]:,} {noun}" for signal, noun in NOUNS.items())
    yield f"would send {told}" if dry_run else f"{address} accepted {told}"
    for signal, noun in NOUNS.items():
        if account.not_accepted[signal]:
            yield f"not accepted: {account.not_accepted[signal]:,} {noun}"
    for why in list(account.why)[:MOST_REASONS]:
        yield f"  {harmless(why)}"
    if account.stopped:
        yield f"stopped at {harmless(reading.place)}: what follows was not sent"
