"""`narralytica contracts`: works on the event contracts under `contracts/`."""

import click

from registry.catalogue import docs
from registry.coverage import coverage
from registry.evolution import diff_command, release_command
from registry.export import export
from registry.sample import sample


@click.group()
def contracts() -> None:
    """Compare, release, describe, export, measure and sample what is under contracts/.

    \b
      narralytica contracts diff
      narralytica contracts coverage events/*.jsonl
    """


for command in (diff_command, release_command, docs, export, coverage, sample):
    contracts.add_command(command)
