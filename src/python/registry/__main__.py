"""`./pants run //:contracts -- generate`: the one command after a change under `contracts/`."""

import json
from collections.abc import Mapping
from pathlib import Path

import click

from registry.envelope import envelope_schema
from registry.sources import OBSERVABILITY, InvalidRegistry, load
from registry.typed_events import typed_events


def generated_files(root: Path) -> Mapping[Path, str]:
    """Return the text of every generated file, by its path below the repository folder `root`."""
    registry = load(root)
    envelope = json.dumps(envelope_schema(registry), indent=2, ensure_ascii=False) + "\n"
    return {
        OBSERVABILITY / "event_envelope.schema.json": envelope,
        Path("src/python/observability/events.py"): typed_events(registry),
    }


@click.group()
def main() -> None:
    """Work on the event contracts under contracts/."""


@main.command()
@click.option("--root", type=click.Path(path_type=Path, file_okay=False), default=Path())
def generate(root: Path) -> None:
    """Write the envelope schema and the typed events anew."""
    try:
        files = generated_files(root)
    except InvalidRegistry as error:
        raise click.ClickException(str(error)) from error
    for path, text in files.items():
        (root / path).write_text(text, encoding="utf-8")
        click.echo(f"wrote {path}")


if __name__ == "__main__":
    main(prog_name="contracts")
