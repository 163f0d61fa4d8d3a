"""What libraries log, warn of and let escape, as events: where it happened, never what was said."""

import contextlib
import logging
import re
import sys
import threading
import warnings
from collections.abc import Callable
from types import TracebackType
from typing import Literal

from observability.background import THREAD_PREFIX
from observability.context import ObsContext, bound_context, left_context
from observability.event import Event
from observability.events import LibraryLogged
from observability.privacy import error_type

Level = Literal["warning", "error", "critical"]

#: Emits an event in a context, by default the bound one.
Emit = Callable[[Event, ObsContext | None], None]

# What library_logged.payload.schema.json takes; a name that breaks it may be somebody's words.
_LOGGER_NAME = re.compile("[A-Za-z_][A-Za-z0-9_.-]{0,127}")
_FUNCTION_NAME = re.compile("[A-Za-z0-9_.<>]{1,128}")


def capture_library_logs(emit: Emit) -> None:
    """Take over this process's log lines, warnings and uncaught exceptions, for good.

    The root logger keeps one handler, and nothing below WARNING. `sys.excepthook` says in one line
    on stderr as well what ended the process; every message is left out. May be called again.
    """
    teller = _Teller(emit)
    root = logging.getLogger()
    root.handlers[:] = [_Handler(teller)]
    root.setLevel(logging.WARNING)
    warnings.showwarning = teller.warned
    sys.excepthook = teller.ended_process
    threading.excepthook = teller.ended_thread
    sys.unraisablehook = teller.unraisable


class _Teller:
    """Emits `narralytica.library.logged`; never raises, and never tells of its own telling."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._here = threading.local()

    def tell(
        self,
        logger_name: str,
        level: Level,
        *,
        place: tuple[str | None, int],
        error: BaseException | None = None,
        error_class: type[BaseException] | None = None,
    ) -> None:
        """Emit the event, in the bound context or else in the one that the error left."""
        # A sink that logs: in this thread it would recurse, in the sink's own never come to an end.
        own_thread = threading.current_thread().name.startswith(THREAD_PREFIX)
        if own_thread or getattr(self._here, "telling", False):
            return
        self._here.telling = True
        try:
            function_name, line_number = place
            known_class = error_class or (type(error) if error is not None else None)
            event = LibraryLogged(
                logger_name=logger_name if _LOGGER_NAME.fullmatch(logger_name) else "unnamed",
                level=level,
                function_name=function_name
                if _FUNCTION_NAME.fullmatch(function_name or "")
                else None,
                line_number=line_number if line_number > 0 else None,
                error_type=error_type(known_class) if known_class else None,
            )
            self._emit(event, bound_context.get() or left_context(error))
        except Exception:  # noqa: BLE001 - whoever logs must go on, whatever it is.
            return
        finally:
            self._here.telling = False

    def warned(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: object = None,
        line: str | None = None,
    ) -> None:
        """Tell a warning (`warnings.showwarning`)."""
        self.tell("py.warnings", "warning", place=(None, lineno), error_class=category)

    def ended_process(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """Tell the exception that ends the process (`sys.excepthook`)."""
        place = _innermost(trace)
        self.tell("sys.excepthook", "critical", place=place, error=error)
        with contextlib.suppress(Exception):
            where = f" in {place[0]}, line {place[1]}" if trace else ""
            sys.stderr.write(f"Error: {error_type(kind)}{where}\n")

    def ended_thread(self, args: threading.ExceptHookArgs) -> None:
        """Tell the exception that ended a thread (`threading.excepthook`)."""
        if args.exc_type is not SystemExit:
            place = _innermost(args.exc_traceback)
            self.tell("threading.excepthook", "error", place=place, error=args.exc_value)

    def unraisable(self, args: "sys.UnraisableHookArgs") -> None:
        """Tell an exception that could go nowhere (`sys.unraisablehook`)."""
        place = _innermost(args.exc_traceback)
        self.tell("sys.unraisablehook", "error", place=place, error=args.exc_value)


class _Handler(logging.Handler):
    """Tells log records, without a lock that would be held while the sink writes."""

    def __init__(self, teller: _Teller) -> None:
        super().__init__(logging.WARNING)
        self._teller = teller

    def createLock(self) -> None:  # noqa: N802 - logging calls it so.
        """Make none, as logging.NullHandler does: the façade needs none."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one record; its message is not even formatted."""
        # A record may be made of anything.
        with contextlib.suppress(Exception):
            self._teller.tell(
                record.name,
                _level(record.levelno),
                place=(record.funcName, record.lineno),
                error=_logged_error(record),
            )


def _level(number: int) -> Level:
    if number >= logging.CRITICAL:
        return "critical"
    return "error" if number >= logging.ERROR else "warning"


def _logged_error(record: logging.LogRecord) -> BaseException | None:
    """Return the exception that was logged: beside the message, or in its place."""
    if record.exc_info:
        return record.exc_info[1]
    return record.msg if isinstance(record.msg, BaseException) else None


def _innermost(trace: TracebackType | None) -> tuple[str | None, int]:
    """Return the function that raised, and the line."""
    if trace is None:
        return None, 0
    while trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_name, trace.tb_lineno
