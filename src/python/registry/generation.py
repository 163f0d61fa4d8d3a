"""What is generated from the contracts, and committed."""

import json
from collections.abc import Mapping
from pathlib import Path

import click

from registry.catalogue import catalogue_files
from registry.envelope import envelope_schema
from registry.evolution import evolution_page
from registry.sources import OBSERVABILITY, InvalidRegistry, load
from registry.typed_events import typed_events


def generated_files(root: Path) -> Mapping[Path, str]:
    """Return the text of every generated file, by its path below the repository folder `root`."""
    registry = load(root)
    envelope = json.dumps(envelope_schema(registry), indent=2, ensure_ascii=False) + "\n"
    return {
        OBSERVABILITY / "event_envelope.schema.json": envelope,
        Path("src/python/observability/events.py"): typed_events(registry),
        Path("docs/contract-evolution.md"): evolution_page(),
        **catalogue_files(root),
    }


@click.command()
@click.option("--root", type=click.Path(path_type=Path, file_okay=False), default=Path())
def generate(root: Path) -> None:
    """Write the envelope schema, the typed events and the pages in docs/ anew."""
    try:
        files = generated_files(root)
    except InvalidRegistry as error:
        raise click.ClickException(str(error)) from error
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
        click.echo(f"wrote {path}")
