"""What the commands say of themselves: the one source of help, manual page and reference."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass

import click

NAME = "narralytica"
#: What keeps a paragraph as it is, in click's help.
_AS_IT_IS = "\b"
_EXIT = re.compile(r"[^.]*\b[Ee]xits with\b.*?\.(?=\s|$)")
# Every command has it, and it says the same of all.
_HELP = "--help"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An option as its command's help shows it."""

    names: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A command: how it is called, and what its help says.

    `usage` is without the command's own name. `exits` are the sentences of its text that say with
    which code it ends.
    """

    name: str
    usage: str
    paragraphs: tuple[str, ...]
    examples: tuple[str, ...]
    options: tuple[Option, ...]

    @property
    def exits(self) -> str:
        """What it says of its exit code, or nothing."""
        return " ".join(each.strip() for each in _EXIT.findall(" ".join(self.paragraphs)))


def entries(command: click.Command, name: str = NAME) -> Iterator[Entry]:
    """Yield a command and all below it that are not hidden, by name."""
    context = click.Context(command, info_name=name)
    yield _entry(command, context, name)
    if isinstance(command, click.Group):
        for below in sorted(command.commands):
            found = command.commands[below]
            if not found.hidden:
                yield from entries(found, f"{name} {below}")


def _entry(command: click.Command, context: click.Context, name: str) -> Entry:
    parts = re.split(r"\n\s*\n", inspect.cleandoc(command.help or ""))
    records = (
        parameter.get_help_record(context)
        for parameter in command.get_params(context)
        if isinstance(parameter, click.Option)
    )
    return Entry(
        name=name,
        usage=" ".join(command.collect_usage_pieces(context)),
        paragraphs=tuple(" ".join(part.split()) for part in parts if not _is_kept(part)),
        examples=tuple(
            line.removeprefix("  ")
            for part in parts
            if _is_kept(part)
            for line in part.removeprefix(_AS_IT_IS).strip("\n").splitlines()
        ),
        options=tuple(
            Option(names=record[0], text=" ".join(record[1].split()))
            for record in records
            if record is not None and record[0] != _HELP
        ),
    )


def _is_kept(part: str) -> bool:
    return part.startswith(_AS_IT_IS)
