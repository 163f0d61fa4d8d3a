"""The commands `contracts diff` and `contracts release`."""

import hashlib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from registry.evolution.annotations import as_github, as_junit
from registry.evolution.change import Comparison
from registry.evolution.comparison import compare_contracts
from registry.evolution.contract_set import read_contracts
from registry.evolution.releases import CURRENT, SUMS, release, released_folder
from registry.evolution.report import as_json, as_text
from registry.sources import InvalidRegistry

FORMATS: Mapping[str, Callable[[Comparison], str]] = {
    "text": as_text,
    "json": as_json,
    "github": lambda comparison: as_github(comparison, CURRENT),
    "junit": lambda comparison: as_junit(comparison, CURRENT),
}

repository = click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The repository folder, which holds contracts/.",
)


class BadInput(click.ClickException):
    """Contracts that cannot be compared."""

    exit_code = 2


@click.command("diff")
@click.option("--against", metavar="VERSION", help="A released version; the latest by default.")
@repository
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(FORMATS)),
    default="text",
    show_default=True,
    help="For people, programs, or annotations of a code host's checks.",
)
@click.option("--json", "format_name", flag_value="json", help="The same as --format json.")
def diff_command(against: str | None, root: Path, format_name: str) -> None:
    """Compare the contracts with a released version, field by field.

    Exits with 1 when something breaks without a new major schema_version, and with 2 when the
    contracts cannot be compared.

    \b
      narralytica contracts diff
      narralytica contracts diff --against 1.0.0 --format github
    """
    try:
        old = read_contracts(released_folder(root, against))
        comparison = compare_contracts(old, read_contracts(root / CURRENT))
    except InvalidRegistry as error:
        raise BadInput(str(error)) from error
    click.echo(FORMATS[format_name](comparison), nl=False)
    sys.exit(1 if comparison.refused else 0)


@click.command("release")
@repository
def release_command(root: Path) -> None:
    """Freeze the contracts as contracts/released/<schema_version>/, with their checksums.

    Exits with 2 when that version was released before.

    \b
      narralytica contracts release
    """
    try:
        folder = release(root)
    except InvalidRegistry as error:
        raise BadInput(str(error)) from error
    digest = hashlib.sha256((folder / SUMS).read_bytes()).hexdigest()
    click.echo(f"wrote {folder}")
    click.echo(
        f'for FROZEN in tests/contract/evolution/test_released.py: "{folder.name}": "{digest}",'
    )
