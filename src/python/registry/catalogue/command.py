"""`contracts docs`: writes the catalogue."""

from pathlib import Path

import click

from registry.catalogue.pages import catalogue_files
from registry.sources import InvalidRegistry


@click.command()
@click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The repository folder, which holds contracts/.",
)
def docs(root: Path) -> None:
    """Write docs/events.md and docs/events.html anew.

    \b
      narralytica contracts docs
    """
    try:
        files = catalogue_files(root)
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
            click.echo(f"wrote {path}")
    except InvalidRegistry as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(
            f"{error.filename}: cannot be written ({error.strerror})"
        ) from error
