"""`contracts export`: writes the contracts, or emitted lines, in a form that others read."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from registry.export.asyncapi import asyncapi_document
from registry.export.cloudevents import cloudevent
from registry.export.documents import Documents, read_documents
from registry.export.json_schema import json_schema_bundle
from registry.export.lines import InvalidLine, read_lines
from registry.sources import InvalidRegistry

CLOUDEVENTS = "cloudevents"
CONTRACTS: Mapping[str, Callable[[Documents], dict[str, Any]]] = {
    "json-schema": json_schema_bundle,
    "asyncapi": asyncapi_document,
}


@click.command()
@click.option(
    "--format",
    "format_name",
    type=click.Choice([*CONTRACTS, CLOUDEVENTS]),
    required=True,
    help="Which form to write.",
)
@click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The repository folder, which holds contracts/.",
)
@click.argument("files", nargs=-1)
def export(format_name: str, root: Path, files: Sequence[str]) -> None:
    """Write the contracts, or the event lines in FILES (- is standard input), to standard output.

    json-schema is one self-contained JSON Schema of a line, asyncapi an AsyncAPI 3.0 document, and
    cloudevents one CloudEvents 1.0 JSON event for every line of FILES.

    \b
      narralytica contracts export --format asyncapi > asyncapi.json
      narralytica contracts export --format cloudevents events/*.jsonl
    """
    if (format_name == CLOUDEVENTS) != bool(files):
        told = "takes no FILES" if files else "needs FILES, or - for standard input"
        raise click.ClickException(f"--format {format_name} {told}")
    try:
        documents = read_documents(root)
        if format_name == CLOUDEVENTS:
            for event in _cloudevents(files, documents):
                click.echo(json.dumps(event, separators=(",", ":"), ensure_ascii=False))
        else:
            document = CONTRACTS[format_name](documents)
            click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    except (InvalidRegistry, InvalidLine) as error:
        raise click.ClickException(str(error)) from error


def _cloudevents(files: Sequence[str], documents: Documents) -> Iterator[dict[str, Any]]:
    registered = {event.event_name: event for event in documents.registry.events}
    for file in files:
        try:
            with click.open_file(file, "rb") as lines:
                for envelope in read_lines(file, lines, documents):
                    yield cloudevent(envelope, registered[envelope["event_name"]])
        except OSError as error:
            raise InvalidLine(f"{file}: cannot be read ({error.strerror})") from error
