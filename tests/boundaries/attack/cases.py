"""The cases as data: what is written into a copy of the repository, and what `lint` must say.

A file of cases reads like this; the marks are not written into the copy:

    === the name of a case
    --- path/of/a/file.py
    import logging  # <- forbidden-import, and-another-rule
    ? a text that the report must have
"""

import re
from dataclasses import dataclass
from pathlib import Path

_MARK = re.compile(r"  # <- ([a-z-]+(?:, [a-z-]+)*)$", re.MULTILINE)
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Told:
    """One finding, or one that is expected."""

    path: str
    line: int
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Files of a copy of the repository, what is wrong with them, and what is to be said of it."""

    name: str
    files: dict[str, str]
    expected: tuple[Told, ...]
    said: tuple[str, ...]


def read_cases(folder: str) -> list[Case]:
    """Return the cases of all files of a folder beside this module."""
    texts = (path.read_text() for path in sorted((_FOLDER / folder).glob("*.txt")))
    return [_case(text) for every in texts for text in re.split(r"^=== ", every, flags=re.M)[1:]]


def _case(text: str) -> Case:
    start, *parts = re.split(r"^--- ", text, flags=re.MULTILINE)
    name = start.strip()
    said: list[str] = []
    files: dict[str, str] = {}
    expected: list[Told] = []
    for part in parts:
        path, _, content = part.partition("\n")
        lines = content.splitlines()
        said += [line.removeprefix("? ") for line in lines if line.startswith("? ")]
        kept = [line for line in lines if not line.startswith("? ")]
        expected += _marked(path, kept)
        files[path] = _MARK.sub("", "\n".join(kept).rstrip() + "\n")
    return Case(name=name, files=files, expected=tuple(sorted(expected)), said=tuple(said))


def _marked(path: str, lines: list[str]) -> list[Told]:
    marks = ((number, _MARK.search(line)) for number, line in enumerate(lines, 1))
    return [
        Told(path=path, line=number, rule=rule)
        for number, mark in marks
        if mark
        for rule in mark[1].split(", ")
    ]
