"""The catalogue of events: `docs/events.md` and `docs/events.html`, made from the contracts."""

from registry.catalogue.command import docs
from registry.catalogue.pages import catalogue_files

__all__ = ["catalogue_files", "docs"]
