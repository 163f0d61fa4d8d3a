"""Loads the backend `boundaries`, in place of `pants.backend.experimental.visibility`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from boundaries import checks, edges, grants, leak_checks, lint, sandbox, syntax_checks, validation


def rules() -> Iterable[Any]:
    """Returns what Pants registers when it loads this backend."""
    modules = (checks, edges, grants, leak_checks, lint, sandbox, syntax_checks, validation)
    return [rule for module in modules for rule in module.rules()]
