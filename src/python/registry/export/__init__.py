"""The contracts and the event lines in the forms that others read."""

from registry.export.command import export

__all__ = ["export"]
