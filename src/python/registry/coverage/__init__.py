"""Tells which parts of the contracts emitted lines make use of."""

from registry.coverage.command import coverage

__all__ = ["coverage"]
