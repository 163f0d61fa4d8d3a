"""The `[boundaries]` section of pants.toml."""

from __future__ import annotations

from enum import Enum
from typing import Any

from pants.option.option_types import DictOption, EnumOption, SkipOption, StrOption
from pants.option.subsystem import Subsystem


class ReportFormat(Enum):
    """How `./pants lint` reports violations."""

    TEXT = "text"
    SARIF = "sarif"


class Boundaries(Subsystem):
    """What differs from repository to repository."""

    options_scope = "boundaries"
    name = "boundaries"
    help = "Dependency rules and a lint of the syntax, in one report."

    skip = SkipOption("lint")
    format = EnumOption(
        default=ReportFormat.TEXT,
        help="`sarif` writes dist/lint/boundaries/boundaries.sarif too, for a code host or editor.",
    )
    documentation = StrOption(
        default=None,
        help="Where the rules and their reasons are explained; named in every report.",
    )
    ungranted_advice = StrOption(
        default="Name the new code in the BUILD file that has `__dependencies_rules__`.",
        help="What to do about code that no entry of `__dependencies_rules__` names.",
    )
    syntax = DictOption[Any](
        default={},
        help="What `boundaries.syntax` forbids, and where. Empty: no such check.",
    )
