"""Judges streams of event lines: by schema and by the lifecycle rules 1 to 7."""

from explorer.check.command import check, told
from explorer.check.fact import Break
from explorer.check.judge import Judge, Verdict, check_files

__all__ = ["Break", "Judge", "Verdict", "check", "check_files", "told"]
