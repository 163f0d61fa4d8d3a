"""History for other systems."""

from explorer.export.command import export

__all__ = ["export"]
