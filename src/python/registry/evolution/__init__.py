"""Evolution of the contracts: what changed since a release, and for whom it breaks."""

from registry.evolution.commands import diff_command, release_command
from registry.evolution.documentation import evolution_page

__all__ = ["diff_command", "evolution_page", "release_command"]
