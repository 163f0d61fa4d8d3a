"""A service writes nothing to stdout or stderr itself."""

import ast
from collections.abc import Iterator

from boundaries.syntax.configuration import Area
from boundaries.syntax.names import is_term
from boundaries.syntax.rule import Fault, Rule
from boundaries.syntax.source import Source

_WRITERS = frozenset(
    {
        *("builtins.print", "pprint.pprint", "pprint.pp", "rich.print", "rich.console.Console"),
        *("traceback.print_exc", "traceback.print_exception", "traceback.print_stack"),
        *("click.echo", "click.secho", "click.get_text_stream", "click.get_binary_stream"),
        *("typer.echo", "typer.secho"),
    }
)
_STREAMS = frozenset({"sys.stdout", "sys.stderr", "sys.__stdout__", "sys.__stderr__"})
_HARMLESS = frozenset({"closed", "encoding", "errors", "flush", "isatty", "reconfigure"})
"""Attributes of a stream through which nothing is written."""

_OPENERS = frozenset(
    {
        *("os.write", "os.writev", "os.fdopen", "os.dup", "posix.write"),
        *("builtins.open", "io.open", "io.FileIO"),
    }
)
"""Their first argument is, or may be, a file descriptor."""

_DEVICES = frozenset(
    {
        *("/dev/stdout", "/dev/stderr", "/dev/fd/1", "/dev/fd/2"),
        *("/proc/self/fd/1", "/proc/self/fd/2"),
    }
)


def _check(source: Source) -> Iterator[Fault]:
    for node, meanings, site in source.references():
        for name in sorted(meanings & _WRITERS):
            yield Fault(node, f"`{name.removeprefix('builtins.')}` writes to the terminal.")
        for name in sorted(meanings & _STREAMS):
            if not _is_harmless(site.parent):
                yield Fault(node, f"`{name}` is used by a service.")
    for call, called, scope in source.calls():
        for name in sorted(called & _OPENERS):
            first = call.args[0] if call.args else None
            if source.names.constant(first, scope) in (1, 2):
                yield Fault(call, f"`{name.removeprefix('builtins.')}` gets at stdout or stderr.")
    for text, scope, parent in source.sites(ast.Constant, ast.BinOp, ast.JoinedStr):
        if not is_term(text, parent) and source.text(text, scope) in _DEVICES:
            yield Fault(text, "A device that stands for stdout or stderr is named.")


def _is_harmless(parent: ast.AST) -> bool:
    return isinstance(parent, ast.Attribute) and parent.attr in _HARMLESS


SERVICE_OUTPUT = Rule(
    id="service-output",
    why="A service's stdout is its event stream: every other line on it breaks whoever reads the "
    "stream, and nothing correlates it.",
    instead="Emit a typed event through the façade; a command for people belongs into a folder of "
    "commands.",
    where=frozenset({Area.SERVICE}),
    check=_check,
)
