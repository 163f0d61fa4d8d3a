"""Runs a service, and keeps account of the time that its observability takes.

Its arguments are a ledger, then what stands behind `python -m`: the module and its own arguments.
A clock is around whatever is there for the events' sake alone:

    facade      making lines and writing them, what messages carry, hashes: `import observability`
    outbox      recording events with their state change, and striking them off once written
    steps       noting that a step begins, and striking it off: for recovery, which tells its end;
                of a transaction only if there is nothing else in it
    middleware  the context of a request, around the application

All of it is wall time, what the database takes included; of nested calls the outermost counts.
"""

import runpy
import sys
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.pipeline.ledger import WORK, Ledger

_FACADE = ("emit", "seal", "inject", "extract", "query_hash", "told_error", "new_uuid")
#: Whether a clock runs already, and the seconds that a request's application took.
_timed: ContextVar[bool] = ContextVar("timed", default=False)
_application_s: ContextVar[list[float]] = ContextVar("application_s")

_Call = Callable[..., Any]


def observe(ledger: Ledger, service: str) -> None:
    """Put the clocks in place; `service` is the module that is to run."""
    for name in _FACADE:
        _replace("observability", name, lambda call: _clocked(ledger, "facade", call))
    for name in ("record", "strike_off"):
        _replace("store.outbox", name, lambda call: _clocked_async(ledger, "outbox", call))
    if service == "api":
        _replace("api.middleware.request_context", "RequestContextMiddleware", _apart(ledger))
        return
    of_runs = "store.job_runs"
    for module, name in (
        ("workers.runtime.steps", "_begin"),
        (of_runs, "next_step"),
        (of_runs, "end_step"),
    ):
        _replace(module, name, lambda call: _clocked_async(ledger, "steps", call))
    for name in ("begin", "_run"):
        _replace("workers.runtime.worker", name, lambda call: _clocked_async(ledger, WORK, call))


def _replace(module: str, name: str, replaced: Callable[[Any], Any]) -> None:
    found = import_module(module)
    setattr(found, name, replaced(getattr(found, name)))


def _clocked(ledger: Ledger, entry: str, call: _Call) -> _Call:
    @wraps(call)
    def clocked(*arguments: Any, **named: Any) -> Any:
        if _timed.get():
            return call(*arguments, **named)
        token = _timed.set(True)
        began_s = time.perf_counter()
        try:
            return call(*arguments, **named)
        finally:
            ledger.add(entry, time.perf_counter() - began_s)
            _timed.reset(token)

    return clocked


def _clocked_async(
    ledger: Ledger, entry: str, call: Callable[..., Awaitable[Any]]
) -> Callable[..., Awaitable[Any]]:
    @wraps(call)
    async def clocked(*arguments: Any, **named: Any) -> Any:
        if _timed.get():
            return await call(*arguments, **named)
        # All of the work is no part of itself: what runs within it is timed as well.
        token = _timed.set(entry != WORK)
        began_s = time.perf_counter()
        try:
            return await call(*arguments, **named)
        finally:
            ledger.add(entry, time.perf_counter() - began_s)
            _timed.reset(token)

    return clocked


def _apart(ledger: Ledger) -> Callable[[Any], Any]:
    """Return what makes a middleware tell its own time from that of the application."""

    def told_apart(middleware: Any) -> Any:
        class Clocked(middleware):  # type: ignore[misc]
            def __init__(self, app: _Call) -> None:
                async def application(scope: Any, receive: Any, send: Any) -> None:
                    began_s = time.perf_counter()
                    try:
                        await app(scope, receive, send)
                    finally:
                        if scope["type"] == "http":
                            _application_s.get().append(time.perf_counter() - began_s)

                super().__init__(application)

            async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
                if scope["type"] != "http":
                    await super().__call__(scope, receive, send)
                    return
                inner: list[float] = []
                _application_s.set(inner)
                began_s = time.perf_counter()
                try:
                    await super().__call__(scope, receive, send)
                finally:
                    whole_s = time.perf_counter() - began_s
                    ledger.add(WORK, whole_s)
                    ledger.add("middleware", whole_s - sum(inner))

        return Clocked

    return told_apart


if __name__ == "__main__":
    [ledger_path, module, *arguments] = sys.argv[1:]
    observe(Ledger(Path(ledger_path)), module)
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)
