"""Arguments and options that the commands share, so that each means the same everywhere."""

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import click

from explorer.filter import All, Expression, FilterError, parse

Command = Callable[..., Any]

files = click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(allow_dash=True, path_type=Path),
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")

_SHORT: Mapping[str, str] = {
    "since": "since:{}",
    "until": "until:{}",
    "area": "area:{}",
    "severity": "severity>={}",
    "service": "service_name:{}",
    "job": "job_id:{}*",
}


def filtered(command: Command) -> Command:
    """Add the options that choose events; the command gets them as one `expression`."""

    @wraps(command)
    def choosing(*arguments: Any, **options: Any) -> Any:
        texts = [*options.pop("filters"), *_shortcuts(options)]
        parts = tuple(parsed(text) for text in texts)
        return command(*arguments, expression=All(parts), **options)

    for option in reversed(_OPTIONS):
        choosing = option(choosing)
    return choosing


def parsed(text: str) -> Expression:
    """Return what a filter says. Raises click.UsageError."""
    try:
        return parse(text)
    except FilterError as error:
        raise click.UsageError(str(error)) from error


def _shortcuts(options: dict[str, Any]) -> Iterator[str]:
    for name, text in _SHORT.items():
        if (value := options.pop(name)) is not None:
            yield text.format(value)


_OPTIONS = (
    click.option(
        "-f",
        "--filter",
        "filters",
        metavar="FILTER",
        multiple=True,
        help="Only events that pass, such as 'layer_name:sentiment latency_ms>500'.",
    ),
    click.option("--since", metavar="TIME", help="Not older: 15m, 1h, 7d or 2026-11-24T12:00:00Z."),
    click.option("--until", metavar="TIME", help="Older than this."),
    click.option("--area", help="job, job_run, layer, index, search; several by commas."),
    click.option("--severity", help="At least debug, info, warn or error."),
    click.option("--service", help="Of one service, such as worker-enrich; * stands for anything."),
    click.option("--job", metavar="ID", help="Of one job; the beginning of its id is enough."),
)
