"""Threads that know on whose behalf they work."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")


class ContextExecutor(ThreadPoolExecutor):
    """A thread pool whose work runs in the context of whoever submitted it.

    A plain executor's threads know no context variable of the submitter, so that events would lose
    their ids. asyncio.to_thread and Starlette's thread pool hand the context on by themselves.
    """

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Submit a call, as ThreadPoolExecutor does; `map` comes through here as well."""
        return super().submit(copy_context().run, partial(fn, *args, **kwargs))
