"""Judges one file by every rule that holds for it."""

import ast
from collections.abc import Iterator

from boundaries.syntax.configuration import Settings
from boundaries.syntax.rule import Fault, Finding, Rule
from boundaries.syntax.rules import RULES, SYNTAX_ERROR
from boundaries.syntax.source import Unparsable, parse


def findings(path: str, content: bytes, settings: Settings) -> list[Finding]:
    """Return what is wrong with the file at `path` (relative to the repository), by place."""
    try:
        source = parse(path, content, settings)
    except Unparsable as error:
        message = f"This file is not Python: {error}."
        place = (error.line, error.column)
        return [Finding(path, *place, SYNTAX_ERROR.id, message, SYNTAX_ERROR.instead)]
    columns = _Columns(content)
    found = {
        _finding(path, rule, fault, columns)
        for rule in RULES
        if source.area in rule.where
        for fault in rule.check(source)
    }
    return sorted(found)


def _finding(path: str, rule: Rule, fault: Fault, columns: "_Columns") -> Finding:
    line, column = columns.place(fault.node)
    return Finding(path, line, column, rule.id, fault.message, rule.instead)


class _Columns:
    """Counts columns in characters, where the syntax tree counts bytes of UTF-8."""

    def __init__(self, content: bytes) -> None:
        self._lines: list[bytes] = []
        if not content.isascii():
            self._lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")

    def place(self, node: ast.AST | None) -> tuple[int, int]:
        line: int = getattr(node, "lineno", 1)
        offset: int = getattr(node, "col_offset", 0)
        if line <= len(self._lines):
            offset = len(self._lines[line - 1][:offset].decode(errors="replace"))
        return line, offset + 1


def all_findings(files: Iterator[tuple[str, bytes]], settings: Settings) -> list[Finding]:
    """Return what is wrong with many files, by path and place."""
    return sorted(found for path, content in files for found in findings(path, content, settings))
