"""What libraries log, warn of and let escape becomes events that say where, and no text."""

import gc
import logging
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

import observability as obs
from observability.background import BackgroundOutlet
from observability.emit import emit
from observability.events import LibraryLogged
from observability.library_logs import capture_library_logs
from observability.testing import CapturedEvents, capture, captured_events
from tests.unit.kept_logging import kept_logging

__all__ = ["captured_events"]

USER_TEXT = "canary4711"


@pytest.fixture(autouse=True)
def handler() -> Iterator[logging.Handler]:
    """Capture what libraries say, with this handler, and put everything back as it was."""
    with kept_logging():
        capture_library_logs(emit)
        # During a test, pytest has handlers of its own beside it.
        [handler] = logging.getLogger().handlers
        yield handler


@pytest.mark.parametrize(
    ("number", "level"),
    [(30, "warning"), (35, "warning"), (40, "error"), (50, "critical"), (60, "critical")],
)
def test_a_log_line_is_an_event_without_its_text(
    captured_events: CapturedEvents,
    number: int,
    level: str,
) -> None:
    extra = {"user": USER_TEXT}
    logging.getLogger("some.library").log(
        number, "about %s", USER_TEXT, extra=extra, stack_info=True
    )
    told = captured_events.assert_one(LibraryLogged, logger_name="some.library", level=level)
    assert told["payload"]["function_name"] == "test_a_log_line_is_an_event_without_its_text"
    assert told["payload"]["line_number"] > 0
    assert set(told["payload"]) == {"logger_name", "level", "function_name", "line_number"}
    assert USER_TEXT.encode() not in b"".join(captured_events.lines)


def test_below_warning_nothing_is_logged(captured_events: CapturedEvents) -> None:
    logging.getLogger().setLevel(logging.DEBUG)
    capture_library_logs(emit)
    logging.getLogger("some.library").info("this")
    loud = logging.getLogger("some.loud_library")
    loud.setLevel(logging.DEBUG)
    loud.debug("and this")
    captured_events.assert_none(LibraryLogged)
    assert not logging.getLogger("some.library").isEnabledFor(logging.INFO)


def test_captured_twice_is_told_once(captured_events: CapturedEvents) -> None:
    capture_library_logs(emit)
    logging.getLogger("some.library").warning("this")
    captured_events.assert_one(LibraryLogged)


def test_an_exception_is_told_by_its_type(captured_events: CapturedEvents) -> None:
    class Local(Exception):
        pass

    try:
        raise Local(USER_TEXT)
    except Local as error:
        logging.getLogger("beside").exception("it failed: %s", error)
        logging.getLogger("instead").error(error)
    for name in ("beside", "instead"):
        told = captured_events.assert_one(LibraryLogged, logger_name=name)
        assert told["payload"]["error_type"].endswith("type.Local")
    assert USER_TEXT.encode() not in b"".join(captured_events.lines)


def test_the_bound_context_is_told(captured_events: CapturedEvents) -> None:
    ctx = obs.current_context().with_request_id(obs.new_uuid())
    with obs.use_context(ctx):
        logging.getLogger("within").warning("this")
    logging.getLogger("behind").warning("this")
    within = captured_events.assert_one(LibraryLogged, logger_name="within")
    behind = captured_events.assert_one(LibraryLogged, logger_name="behind")
    assert within["correlation"] == ctx.correlation()
    assert set(behind["correlation"].values()) == {None}


def test_an_error_is_told_with_the_ids_that_it_left_last(
    captured_events: CapturedEvents,
) -> None:
    error, contexts = KeyError(USER_TEXT), [_request(), _request()]
    for ctx in contexts:
        try:
            with obs.use_context(ctx), obs.use_context(ctx.with_job(obs.new_uuid())):
                raise error
        except KeyError:
            logging.getLogger("behind").exception("this")
    told = captured_events.envelopes(LibraryLogged)
    assert [each["correlation"] for each in told] == [ctx.correlation() for ctx in contexts]


def test_a_context_that_is_bound_goes_before_the_one_that_an_error_left(
    captured_events: CapturedEvents,
) -> None:
    here = _request()
    with obs.use_context(here):
        try:
            with obs.use_context(_request()):
                raise KeyError
        except KeyError:
            logging.getLogger("here").exception("this")
    assert captured_events.assert_one(LibraryLogged)["correlation"] == here.correlation()


def _request() -> obs.ObsContext:
    return obs.current_context().with_request_id(obs.new_uuid())


@pytest.mark.parametrize(
    "change",
    [
        {"name": f"words of a {USER_TEXT}"},
        {"name": ""},
        {"name": USER_TEXT * 100},
        {"name": None},
        {"levelno": "high"},
        {"funcName": None},
        {"funcName": f"words of a {USER_TEXT}"},
        {"lineno": 0},
        {"lineno": 2**70},
        {"lineno": USER_TEXT},
        {"exc_info": True},
        {"exc_info": (None, None, None)},
        {"msg": object(), "args": (1, 2, 3)},
    ],
)
def test_whatever_a_record_holds_nobody_is_hurt_and_nothing_told(
    handler: logging.Handler, change: dict[str, Any]
) -> None:
    with capture(environment={"OBS_VALIDATE_STRICT": "false"}) as captured:
        record = logging.makeLogRecord({"name": "any", "levelno": logging.ERROR, **change})
        handler.handle(record)
    assert USER_TEXT.encode() not in b"".join(captured.lines)


@given(st.text(), st.text(), st.integers())
def test_any_names_make_a_valid_event(name: str, function: str, line: int) -> None:
    capture_library_logs(emit)
    [handler] = logging.getLogger().handlers
    with capture() as captured:
        record = {"name": name, "funcName": function, "lineno": line, "levelno": 30}
        handler.handle(logging.makeLogRecord(record))
    for told in captured.envelopes():
        assert obs.envelope_violations(told) == ()
    if abs(line) < 2**53:
        captured.assert_one(LibraryLogged)


class Logging:
    """A sink that logs, and then fails."""

    name = "logging"

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def write(self, line: bytes) -> None:
        self.lines.append(line)
        logging.getLogger("sink").error("about the sink itself")
        raise OSError(USER_TEXT)


def test_a_sink_that_logs_does_not_recurse(captured_events: CapturedEvents) -> None:
    sink = Logging()
    obs.configure(service_name="tests", service_version="1", sinks=(sink,), environment={})
    logging.getLogger("some.library").warning("this")
    assert [orjson.loads(line)["payload"]["logger_name"] for line in sink.lines] == ["some.library"]


def test_a_sink_that_logs_in_its_own_thread_does_not_go_on_for_ever(
    captured_events: CapturedEvents,
) -> None:
    class Batch:
        name = "batch"

        def write_batch(self, lines: Any) -> None:
            logging.getLogger("sink").error("unreachable")

    outlet = BackgroundOutlet(Batch(), lambda *_: b"")
    outlet.write(b"{}\n")
    assert outlet.flush(30)
    captured_events.assert_none(LibraryLogged)


def test_nobody_is_hurt_when_nothing_can_be_told(capfd: pytest.CaptureFixture[str]) -> None:
    def broken(event: obs.Event, ctx: obs.ObsContext | None) -> None:
        raise OSError(USER_TEXT)

    capture_library_logs(broken)
    error = ValueError(USER_TEXT)
    logging.getLogger("some.library").error(error)
    warnings.showwarning(UserWarning(USER_TEXT), UserWarning, USER_TEXT, 12)
    threading.excepthook(threading.ExceptHookArgs((ValueError, error, None, None)))
    sys.excepthook(ValueError, error, None)
    assert capfd.readouterr() == ("", "Error: ValueError\n")


def test_who_logs_never_waits_for_another_that_logs(handler: logging.Handler) -> None:
    assert handler.lock is None


def test_a_warning_is_told(captured_events: CapturedEvents) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        # pytest has its own way to show them.
        warnings.showwarning(UserWarning(USER_TEXT), UserWarning, USER_TEXT, 12)
    told = captured_events.assert_one(LibraryLogged, logger_name="py.warnings", level="warning")
    assert told["payload"]["error_type"] == "UserWarning"
    assert told["payload"]["line_number"] == 12
    assert USER_TEXT.encode() not in b"".join(captured_events.lines)


def test_a_thread_that_dies_is_told(
    captured_events: CapturedEvents,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fail() -> None:
        raise ValueError(USER_TEXT)

    thread = threading.Thread(target=fail, name=USER_TEXT)
    # As pytest puts its own hook in place during a test.
    hook, threading.excepthook = threading.excepthook, _own_hook("threading", "excepthook")
    thread.start()
    thread.join()
    leaving = threading.Thread(target=sys.exit)
    leaving.start()
    leaving.join()
    threading.excepthook = hook
    told = captured_events.assert_one(LibraryLogged, logger_name="threading.excepthook")
    assert told["payload"]["function_name"] == "fail"
    assert told["payload"]["error_type"] == "ValueError"
    assert capfd.readouterr() == ("", "")


def test_an_exception_that_can_go_nowhere_is_told(
    captured_events: CapturedEvents,
    capfd: pytest.CaptureFixture[str],
) -> None:
    class Dying:
        def __del__(self) -> None:
            raise ValueError(USER_TEXT)

        def __repr__(self) -> str:
            return USER_TEXT

    hook, sys.unraisablehook = sys.unraisablehook, _own_hook("sys", "unraisablehook")
    Dying()
    gc.collect()
    sys.unraisablehook = hook
    told = captured_events.assert_one(LibraryLogged, logger_name="sys.unraisablehook")
    assert told["payload"]["function_name"] == "__del__"
    assert capfd.readouterr() == ("", "")


def _own_hook(module: str, name: str) -> Callable[[Any], Any]:
    """Return the hook that the façade installs."""
    capture_library_logs(emit)
    hook: Callable[[Any], Any] = getattr(sys.modules[module], name)
    return hook


DYING = """
import asyncio, logging, sys, threading, warnings
import observability as obs
obs.configure(service_name="dying", service_version="1", library_logs=True)

async def forgotten():
    raise ValueError("{secret}")

async def main():
    task = asyncio.create_task(forgotten())
    await asyncio.sleep(0)
    del task

def die():
    secret = "{secret}"
    raise RuntimeError(secret)

warnings.warn("{secret}")
asyncio.run(main())
thread = threading.Thread(target=die)
thread.start()
thread.join()
logging.getLogger("x").error("%d", "{secret}")
die()
"""


def test_a_process_says_what_ended_it_and_no_message() -> None:
    done = subprocess.run(
        [sys.executable, "-c", DYING.format(secret=USER_TEXT)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
    )
    assert done.returncode == 1
    assert USER_TEXT not in done.stdout + done.stderr
    assert done.stderr == "Error: RuntimeError in die, line 16\n"
    payloads = [orjson.loads(line)["payload"] for line in done.stdout.splitlines()]
    told = [(each["logger_name"], each.get("error_type"), each["level"]) for each in payloads]
    assert told == [
        ("py.warnings", "UserWarning", "warning"),
        ("asyncio", "ValueError", "error"),
        ("threading.excepthook", "RuntimeError", "error"),
        ("x", None, "error"),
        ("sys.excepthook", "RuntimeError", "critical"),
    ]


def test_who_does_not_ask_for_it_keeps_the_logging_that_there_is() -> None:
    program = (
        "import logging, sys; logging.basicConfig(stream=sys.stdout, format='%(message)s')\n"
        "import observability as obs; obs.configure(service_name='host', service_version='1')\n"
        "logging.warning('as before')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("as before\n", "")
