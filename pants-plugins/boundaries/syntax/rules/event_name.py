"""Event names come from the registry, by way of the typed events."""

import ast
from collections.abc import Iterator

from boundaries.syntax.facade import means_function
from boundaries.syntax.names import is_term
from boundaries.syntax.rule import PRODUCT, Fault, Rule
from boundaries.syntax.scope import Scope
from boundaries.syntax.source import Source


def _check_unregistered(source: Source) -> Iterator[Fault]:
    for node, name in _names(source):
        if name not in source.settings.registered:
            yield Fault(node, f'"{name}" looks like an event\'s name and is not registered.')
    for node, given in _given(source):
        if given is None:
            yield Fault(node, "An event's name is put together at run time.")


def _check_literal(source: Source) -> Iterator[Fault]:
    for node, name in _names(source):
        if name in source.settings.registered:
            yield Fault(node, f'"{name}" is spelled out; its typed event is `{_typed(name)}`.')


def _names(source: Source) -> Iterator[tuple[ast.expr, str]]:
    """Yield what is an event's name by its form, or by being given to the façade as one."""
    pattern = source.settings.event_name
    for node, scope, parent in source.sites(ast.Constant, ast.JoinedStr, ast.BinOp, ast.Call):
        if isinstance(parent, ast.Expr | ast.JoinedStr) or is_term(node, parent):
            continue  # a docstring, or a part of what is looked at as a whole
        text = _text(source, node, scope)
        if text is not None and pattern.fullmatch(text):
            yield node, text
    for node, given in _given(source):
        if given is not None and not pattern.fullmatch(given):
            yield node, given


def _text(source: Source, node: ast.expr, scope: Scope) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, bytes):
        return node.value.decode(errors="replace")
    return source.text(node, scope)


def _given(source: Source) -> Iterator[tuple[ast.expr, str | None]]:
    """Yield each name that is given to the façade in place of a typed event, None if unknown."""
    functions = source.configuration.event_name_functions
    for call, called, scope in source.calls():
        if call.args and means_function(called, source.configuration, functions):
            text = source.text(call.args[0], scope)
            if text is not None or isinstance(call.args[0], ast.JoinedStr | ast.BinOp):
                yield call.args[0], text


def _typed(name: str) -> str:
    """Return the class of a registered event: `a.job_run.started` is told by `JobRunStarted`."""
    words = name.partition(".")[2].replace(".", "_").split("_")
    return "".join(word.capitalize() for word in words)


UNREGISTERED_EVENT_NAME = Rule(
    id="unregistered-event-name",
    why="An event that is not in the registry has no contract: nobody knows its fields, and no "
    "reader expects it.",
    instead="Register the event, generate its typed class, and emit that. If the string is no "
    "event's name, choose one that does not have the form of one.",
    where=PRODUCT,
    check=_check_unregistered,
)

EVENT_NAME_LITERAL = Rule(
    id="event-name-literal",
    why="A name that is spelled out is not found when the event changes, and the fields that go "
    "with it are checked only when it is emitted, not when it is written.",
    instead="Use the typed event; its name, where it is needed, is the class's `event_name`.",
    where=PRODUCT,
    check=_check_literal,
)
