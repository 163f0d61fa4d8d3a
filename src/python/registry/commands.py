"""`narralytica contracts`: works on the event contracts under `contracts/`."""

import click

from registry.catalogue import docs
from registry.evolution import diff_command, release_command
from registry.export import export


@click.group()
def contracts() -> None:
    """Compare, release, describe and export the event contracts under contracts/."""


for command in (diff_command, release_command, docs, export):
    contracts.add_command(command)
