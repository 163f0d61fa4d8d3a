"""No logging library, no formatter or handler, nothing on stdout."""

import pytest

from tests.boundaries.syntax.shop import (
    COMMAND,
    ELSEWHERE,
    FACADE,
    PEER,
    SERVICE,
    SINK,
    TEST,
    assert_passes,
    assert_told,
)

IMPORTS = {
    "import": "import structlog  # <- forbidden-import",
    "import of a part": "import opentelemetry.sdk.trace as t  # <- forbidden-import",
    "second of two": "import os, structlog  # <- forbidden-import",
    "from": "from opentelemetry import trace  # <- forbidden-import",
    "named after from": "from google.cloud import logging  # <- forbidden-import",
    "star": "from structlog import *  # <- forbidden-import",
    "several lines": "from structlog import (  # <- forbidden-import\n    a,\n    b,\n)",
    "in a function": "def f():\n    import structlog  # <- forbidden-import",
    "in a class": "class A:\n    from structlog import get_logger  # <- forbidden-import",
    "in a try": "try:\n    import structlog  # <- forbidden-import\nexcept ImportError: ...",
    "for types": "from typing import TYPE_CHECKING\n"
    "if TYPE_CHECKING:\n    import structlog  # <- forbidden-import",
    "import_module": "import importlib as i\ni.import_module('structlog')  # <- forbidden-import",
    "by keyword": "import importlib\n"
    "importlib.import_module(name='structlog')  # <- forbidden-import",
    "imported import_module": "from importlib import import_module as load\n"
    "load('opentelemetry.trace')  # <- forbidden-import",
    "relative": "from importlib import import_module\n"
    "import_module('.trace', package='opentelemetry')  # <- forbidden-import",
    "__import__": "__import__('structlog')  # <- forbidden-import",
    "builtins.__import__": "import builtins\n"
    "builtins.__import__('structlog')  # <- forbidden-import",
    "renamed __import__": "load = __import__\nload('structlog')  # <- forbidden-import",
    "getattr __import__": "import builtins as b\n"
    "getattr(b, '__import__')('structlog')  # <- forbidden-import",
    "adjacent pieces": "__import__('struct' 'log')  # <- forbidden-import",
    "a sum": "__import__('struct' + 'log')  # <- forbidden-import",
    "an f-string": "__import__(f\"{'struct'}{'log'}\")  # <- forbidden-import",
    "a constant": "NAME = 'structlog'\ndef f():\n    __import__(NAME)  # <- forbidden-import",
    "a constant of constants": "A = 'struct'\nB = A + 'log'\n"
    "__import__(f'{B}')  # <- forbidden-import",
    "joined": "__import__(''.join(['struct', 'log']))  # <- forbidden-import",
    "sys.modules": "import sys\nsys.modules['structlog']  # <- forbidden-import",
    "sys.modules.get": "import sys\nsys.modules.get('structlog')  # <- forbidden-import",
    "resolve_name": "import pkgutil\n"
    "pkgutil.resolve_name('structlog:get_logger')  # <- forbidden-import",
    "run_module": "import runpy\nrunpy.run_module('structlog')  # <- forbidden-import",
    "importorskip": "import pytest\npytest.importorskip('structlog')  # <- forbidden-import",
    "importlib.__import__": "import importlib\n"
    "importlib.__import__('structlog')  # <- forbidden-import",
    "find_spec": "from importlib.util import find_spec\n"
    "find_spec('structlog')  # <- forbidden-import",
    "a library of the façade": "import fastschema  # <- forbidden-import",
}


@pytest.mark.parametrize("source", IMPORTS.values(), ids=IMPORTS)
@pytest.mark.parametrize("path", [SERVICE, COMMAND, TEST, ELSEWHERE])
def test_a_telemetry_library(source: str, path: str) -> None:
    assert_told(source, path)


@pytest.mark.parametrize("source", IMPORTS.values(), ids=IMPORTS)
@pytest.mark.parametrize("path", [SINK, PEER])
def test_sinks_and_those_who_measure_it_may_import_it(source: str, path: str) -> None:
    assert_passes(source, path)


def test_the_facade_imports_its_own_libraries_but_telemetry_in_its_sinks_only() -> None:
    assert_passes("import fastschema", FACADE)
    assert_passes("import fastschema", SINK)
    assert_told("import structlog  # <- forbidden-import", FACADE)


def test_services_do_not_import_the_standard_librarys_logging() -> None:
    for source in ("import logging", "from logging import getLogger", "import logging.config"):
        assert_told(f"{source}  # <- forbidden-import", SERVICE)
        for path in (FACADE, SINK, COMMAND, TEST, ELSEWHERE):
            assert_passes(source, path)


IMPORT_NEAR_MISSES = {
    "a longer name": "import structlog2\nimport opentelemetry_free",
    "a module of one's own": "from . import structlog\nfrom .structlog import x\nimport structlog2",
    "unknown names": "import importlib\nimportlib.import_module(name)\n__import__(f'{x}log')",
    "a text": "x = 'import structlog'\n'''import opentelemetry'''",
    "other modules": "import importlib\nimportlib.import_module('json')",
    "a local function": "def import_module(x): ...\nimport_module('structlog')",
    "two values": "NAME = 'json'\nNAME = pick()\n__import__(NAME)",
}


@pytest.mark.parametrize("source", IMPORT_NEAR_MISSES.values(), ids=IMPORT_NEAR_MISSES)
def test_what_looks_like_a_telemetry_library(source: str) -> None:
    assert_passes(source)


SETUPS = {
    "formatter": "class Json(logging.Formatter): ...  # <- logging-setup",
    "handler": "class Out(logging.Handler): ...  # <- logging-setup",
    "second base": "class Out(Base, logging.StreamHandler): ...  # <- logging-setup",
    "generic base": "class Out(logging.StreamHandler[T]): ...  # <- logging-setup",
    "imported": "from logging import Formatter as F\nclass Json(F): ...  # <- logging-setup",
    "assigned": "Base = logging.Handler\nclass Out(Base): ...  # <- logging-setup",
    "instance": "h = logging.StreamHandler()  # <- logging-setup",
    "null handler": "logging.NullHandler()  # <- logging-setup",
    "of handlers": "import logging.handlers\n"
    "logging.handlers.RotatingFileHandler('x')  # <- logging-setup",
    "handlers imported": "from logging import handlers as h\nh.QueueHandler(q)  # <- logging-setup",
    "star": "from logging import *\nclass Out(Handler): ...  # <- logging-setup",
    "getattr": "getattr(logging, 'Stream' 'Handler')()  # <- logging-setup",
    "partial": "from functools import partial\npartial(logging.Formatter, 'x')  # <- logging-setup",
    "type()": "type('Out', (logging.Handler,), {})  # <- logging-setup",
    "new_class": "from types import new_class\n"
    "new_class('Out', (logging.Handler,))  # <- logging-setup",
    "of a library": "from uvicorn.logging import DefaultFormatter\n"
    "DefaultFormatter()  # <- logging-setup",
    "basicConfig": "logging.basicConfig(level=1)  # <- logging-setup",
    "basicConfig imported": "from logging import basicConfig as b\nb()  # <- logging-setup",
    "dictConfig": "from logging.config import dictConfig\ndictConfig(x)  # <- logging-setup",
    "fileConfig": "import logging.config as c\nc.fileConfig('x')  # <- logging-setup",
    "imported by a call": "__import__('logging').basicConfig()  # <- logging-setup",
    "given to another": "run(log_config={'version': 1, 'handlers': {}})  # <- logging-setup",
}


@pytest.mark.parametrize("source", SETUPS.values(), ids=SETUPS)
@pytest.mark.parametrize("path", [COMMAND, TEST, ELSEWHERE])
def test_logging_that_is_set_up(source: str, path: str) -> None:
    assert_told("import logging\n" + source if "from logging" not in source else source, path)


@pytest.mark.parametrize("source", SETUPS.values(), ids=SETUPS)
@pytest.mark.parametrize("path", [SINK, PEER])
def test_sinks_may_set_logging_up(source: str, path: str) -> None:
    assert_passes("import logging\n" + source, path)


@pytest.mark.parametrize("name", ["setLoggerClass(C)", "setLogRecordFactory(f)", "config.listen()"])
def test_each_way_to_set_logging_up(name: str) -> None:
    assert_told(f"import logging.config\nlogging.{name}  # <- logging-setup", COMMAND)


def test_services_may_not_and_the_facade_may() -> None:
    source = "import logging  # <- forbidden-import\nlogging.basicConfig()  # <- logging-setup"
    assert_told(source, SERVICE)
    assert_passes("import logging\nclass H(logging.Handler): ...", FACADE)


SETUP_NEAR_MISSES = {
    "a level": "logging.getLogger('httpx').setLevel(logging.WARNING)",
    "a type": "def f(h: logging.Handler) -> logging.Formatter: ...",
    "a question": "isinstance(h, logging.Handler)",
    "another handler": "class Handler: ...\nclass Formatter: ...\nHandler()\nFormatter()",
    "a request handler": "from http.server import BaseHTTPRequestHandler as B\nclass H(B): ...",
    "a string formatter": "import string\nstring.Formatter().format('{}', 1)",
    "a dict with a version": "x = {'version': 1, 'name': 'shop'}",
}


@pytest.mark.parametrize("source", SETUP_NEAR_MISSES.values(), ids=SETUP_NEAR_MISSES)
def test_what_looks_like_setting_up(source: str) -> None:
    assert_passes("import logging\n" + source, COMMAND)


OUTPUTS = {
    "print": "print('x')  # <- service-output",
    "print to stderr": "import sys\nprint(file=sys.stderr)  # <- service-output, service-output",
    "print, aliased": "say = print  # <- service-output\nsay('x')  # <- service-output",
    "print, given away": "for_each(print)  # <- service-output",
    "builtins.print": "import builtins as b\nb.print('x')  # <- service-output",
    "__builtins__": "__builtins__['print']('x')  # <- service-output",
    "print by getattr": "import builtins\ngetattr(builtins, 'print')('x')  # <- service-output",
    "partial": "from functools import partial\nf = partial(print, flush=True)  # <- service-output",
    "pprint": "from pprint import pprint\npprint(x)  # <- service-output",
    "stdout": "import sys\nsys.stdout.write('x')  # <- service-output",
    "writelines": "import sys\nsys.stderr.writelines(['x'])  # <- service-output",
    "stdout imported": "from sys import stdout as s\ns.write('x')  # <- service-output",
    "stdout assigned": "import sys\nout = sys.stdout  # <- service-output\n"
    "out.write('x')  # <- service-output",
    "buffer": "import sys\nsys.stdout.buffer.write(b'x')  # <- service-output",
    "the first stdout": "import sys\nsys.__stdout__.write('x')  # <- service-output",
    "given away": "import json, sys\njson.dump(x, sys.stdout)  # <- service-output",
    "star": "from sys import *\nstdout.write('x')  # <- service-output",
    "os.write": "import os\nos.write(1, b'x')  # <- service-output",
    "os.write, named": "from os import write\nERR = 2\nwrite(ERR, b'x')  # <- service-output",
    "os.write, fileno": "import os, sys\nos.write(sys.stdout.fileno(), b'x')  # <- service-output",
    "fdopen": "import os\nos.fdopen(1, 'w')  # <- service-output",
    "open": "open(1, 'w')  # <- service-output",
    "device": "open('/dev/std' + 'out', 'w')  # <- service-output, service-output",
    "traceback": "import traceback\ntraceback.print_exc()  # <- service-output",
    "click": "import click\nclick.echo('x')  # <- service-output",
    "rich": "from rich.console import Console\nConsole().print('x')  # <- service-output",
}


@pytest.mark.parametrize("source", OUTPUTS.values(), ids=OUTPUTS)
def test_output_of_a_service(source: str) -> None:
    if "'/dev" in source:
        source = source.replace(", service-output", "")
    assert_told(source, SERVICE)


@pytest.mark.parametrize("source", OUTPUTS.values(), ids=OUTPUTS)
@pytest.mark.parametrize("path", [SINK, COMMAND, TEST, PEER, ELSEWHERE])
def test_others_may_print(source: str, path: str) -> None:
    assert_passes(source, path)


@pytest.mark.parametrize(
    "written",
    [
        *("pprint.pp(x)", "rich.print(x)", "typer.echo(x)", "typer.secho(x)", "click.secho(x)"),
        *("click.get_text_stream('stdout')", "click.get_binary_stream('stdout')"),
        *("traceback.print_exception(e)", "traceback.print_stack()", "sys.__stderr__.write(x)"),
        *("os.writev(1, x)", "os.dup(2)", "posix.write(2, x)", "io.open(1, 'w')", "io.FileIO(1)"),
        *("f.open('/dev/stderr')", "f.open('/dev/fd/1')", "f.open('/dev/fd/2')"),
        *("f.open('/proc/self/fd/1')", "f.open('/proc/self/fd/2')"),
    ],
)
def test_each_way_to_stdout_or_stderr(written: str) -> None:
    module = written.partition(".")[0]
    assert_told(f"import {module}\n{written}  # <- service-output")


OUTPUT_NEAR_MISSES = {
    "a file": "with open('x', 'w') as f:\n    f.write('x')\n    f.writelines(['y'])",
    "a descriptor": "import os\nos.write(descriptor, b'x')\nos.write(3, b'x')",
    "a terminal?": "import sys\nsys.stdout.isatty()\nsys.stderr.flush()",
    "a parameter": "def f(print):\n    print('x')",
    "a method": "printer.print('x')\nself.stdout.write('x')",
    "an error of a command": "import click\nraise click.UsageError('x')",
    "a process's stdout": "run(stdout=PIPE).stdout.read()",
    "other names": "blueprint(1)\nprinted = 2\nprint_order = 3",
    "a local function": "def print(x): ...\nprint(1)",
}


@pytest.mark.parametrize("source", OUTPUT_NEAR_MISSES.values(), ids=OUTPUT_NEAR_MISSES)
def test_what_looks_like_output(source: str) -> None:
    assert_passes(source)
