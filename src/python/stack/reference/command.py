"""`narralytica reference`."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from stack.reference.entries import Entry, entries
from stack.reference.manual import as_manual
from stack.reference.markdown import as_markdown

RENEW = "./pants run //:narralytica -- reference --write"
FORMATS: Mapping[str, Callable[[Sequence[Entry], str], str]] = {
    "markdown": as_markdown,
    "man": as_manual,
}
PAGES = {"docs/cli.md": "markdown", "docs/narralytica.1": "man"}


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default="markdown",
    show_default=True,
    help="Markdown, or roff for a manual page.",
)
@click.option("--write", is_flag=True, help=f"Bring {' and '.join(PAGES)} up to date instead.")
@click.pass_context
def reference(context: click.Context, form: str, write: bool) -> None:
    """Write what all commands say of themselves: the reference, or the manual page.

    \b
      narralytica reference --format man | man -l -
      narralytica reference --write       # in the repository
    """
    told = tuple(entries(context.find_root().command))
    if not write:
        click.echo(FORMATS[form](told, RENEW), nl=False)
        return
    for path, page_format in PAGES.items():
        try:
            Path(path).write_text(FORMATS[page_format](told, RENEW), encoding="utf-8")
        except OSError as error:
            raise click.ClickException(f"{path}: cannot be written ({error.strerror})") from error
        click.echo(f"wrote {path}")
