"""`narralytica architecture`: prints the graph, or writes the page that shows it."""

from pathlib import Path

import click

from architecture.build_files import ArchitectureError
from architecture.graph import CircleError
from architecture.mermaid import as_mermaid
from architecture.page import PageError, with_picture
from architecture.reading import read_graph
from architecture.svg import as_svg
from architecture.text import as_text

PAGE = "docs/architecture.md"
PICTURE = "docs/architecture.svg"
FORMATS = {"text": as_text, "mermaid": as_mermaid, "svg": as_svg}


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default="text",
    show_default=True,
    help="For a terminal, or as a picture.",
)
@click.option("--write", is_flag=True, help=f"Bring {PAGE} and {PICTURE} up to date instead.")
def architecture(form: str, write: bool) -> None:
    """Show who may know whom, by the rules in BUILD, and who does, by the imports.

    Run it in the repository.

    \b
      narralytica architecture --format mermaid
      narralytica architecture --write
    """
    root = Path.cwd()
    try:
        graph = read_graph(root)
        if write:
            page = root / PAGE
            page.write_text(with_picture(page.read_text(), graph))
            (root / PICTURE).write_text(as_svg(graph))
        else:
            click.echo(FORMATS[form](graph), nl=False)
    except (ArchitectureError, CircleError, PageError, OSError) as error:
        raise click.ClickException(str(error)) from error
