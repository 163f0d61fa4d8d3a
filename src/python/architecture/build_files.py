"""What BUILD files say: the rules, and what is given to a target besides its imports."""

import builtins
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any


class ArchitectureError(Exception):
    """The repository cannot be read; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The rules of the targets that its selectors name; the first that matches decides."""

    selectors: tuple[re.Pattern[str], ...]
    rules: tuple[tuple[bool, re.Pattern[str]], ...]

    def names(self, path: str) -> bool:
        """Tell whether the entry is about the file at a path."""
        return any(selector.fullmatch(path) for selector in self.selectors)

    def grants(self, dependency: str) -> bool:
        """Tell whether the dependency is granted."""
        return next((granted for granted, rule in self.rules if rule.fullmatch(dependency)), False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildFile:
    """One BUILD file: its folder, its rules if it has any, and its targets' keyword arguments."""

    folder: PurePosixPath
    entries: tuple[Entry, ...]
    targets: tuple[Mapping[str, Any], ...]

    def given(self) -> Iterator[str]:
        """Yield what targets name as dependencies, by path: `3rdparty/python#rich`."""
        for target in self.targets:
            overrides = target.get("overrides") or {}
            for holder in (target, *overrides.values()):
                for spec in holder.get("dependencies") or ():
                    yield from self._path(spec)

    @staticmethod
    def _path(spec: str) -> Iterator[str]:
        path, _, name = spec.removeprefix("//").partition(":")
        if path and not spec.startswith("!"):
            library = name.partition("#")[2]
            yield f"{path}#{library}" if library else path


class _Namespace(dict[str, Any]):
    """Gives the names that Pants gives to BUILD files: each is a function that is noted down."""

    def __init__(self, note: Callable[[str, tuple[Any, ...], dict[str, Any]], None]) -> None:
        super().__init__()
        self._note = note

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name):
            raise KeyError(name)
        return lambda *args, **kwargs: self._note(name, args, kwargs)


def read_build_file(root: Path, path: Path) -> BuildFile:
    """Run a BUILD file, which is Python, with functions that only note their arguments.

    Raises ArchitectureError if it cannot be run.
    """
    entries: list[Entry] = []
    targets: list[Mapping[str, Any]] = []

    def note(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if name == "__dependencies_rules__":
            entries.extend(_entry(arg) for arg in args)
        elif not name.startswith("__"):
            targets.append(kwargs)

    try:
        # The repository's own file, which `./pants` runs in the same way.
        exec(compile(path.read_bytes(), path, "exec"), _Namespace(note))  # noqa: S102
    except (OSError, SyntaxError, TypeError, ValueError) as error:
        raise ArchitectureError(f"{path}: cannot be read as a BUILD file: {error}") from error
    folder = PurePosixPath(path.parent.relative_to(root).as_posix())
    return BuildFile(folder=folder, entries=tuple(entries), targets=tuple(targets))


def _entry(told: Any) -> Entry:
    selectors, *rules = told
    texts = [rule.strip() for rule in _flat(rules)]
    return Entry(
        selectors=tuple(map(_pattern, _flat([selectors]))),
        rules=tuple(
            (not text.startswith(("!", "?")), _pattern(text.lstrip("!?")))
            for text in texts
            if not text.startswith("#")
        ),
    )


def _flat(told: Any) -> Iterable[str]:
    if isinstance(told, str):
        yield told
    else:
        for each in told:
            yield from _flat(each)


def _pattern(glob: str) -> re.Pattern[str]:
    """Translate a glob of Pants' visibility rules, of the kinds that the root BUILD file uses."""
    if glob == "*":
        return re.compile(".*")
    parts = re.split(r"(\*\*|\*)", glob.removeprefix("//"))
    some = {"**": ".*", "*": "[^/]*"}
    return re.compile("".join(some.get(part, re.escape(part)) for part in parts))
