"""No folder, module or function of one's own for telemetry."""

import pytest

from tests.boundaries.syntax.shop import (
    COMMAND,
    ELSEWHERE,
    FACADE,
    PEER,
    SERVICE,
    TEST,
    Told,
    assert_passes,
    assert_told,
    told,
)


@pytest.mark.parametrize(
    "path",
    [
        "src/web/telemetry/__init__.py",
        "src/web/telemetry/deep/down.py",
        "src/web/telemetry.py",
        "src/web/logging.py",
        "src/web/wiring/metrics.py",
        "src/web/wiring/tracing.pyi",
        "src/web/_telemetry.py",
        "src/web/Telemetry/client.py",
        "src/telemetry/client.py",
        "src/telemetry.py",
    ],
)
def test_a_telemetry_path_in_a_service(path: str) -> None:
    assert told("", path) == [Told(1, "telemetry-path")]


@pytest.mark.parametrize(
    "path",
    [
        "src/web/telemetry_free.py",
        "src/web/blogging.py",
        "src/web/catalogue.py",
        "src/signals/tracing.py",
        "src/signals/sinks/logging.py",
        "src/cli/metrics.py",
        "tests/telemetry/test_none.py",
        "benchmarks/logging/stdlib.py",
        "docs/telemetry/conf.py",
    ],
)
def test_a_path_that_is_none(path: str) -> None:
    assert told("", path) == []


FUNCTIONS = {
    "function": "def emit_event(name): ...  # <- telemetry-function",
    "coroutine": "async def log_event(name): ...  # <- telemetry-function",
    "method": "class Web:\n    def track(self, what): ...  # <- telemetry-function",
    "nested": "def f():\n    def track_event(): ...  # <- telemetry-function",
    "in an if": "if f:\n    def emit(): ...  # <- telemetry-function",
    "class": "class emit_event: ...  # <- telemetry-function",
    "lambda": "track = lambda x: x  # <- telemetry-function",
    "annotated lambda": "track: Any = lambda x: x  # <- telemetry-function",
    "walrus": "f(track := lambda x: x)  # <- telemetry-function",
    "tuple": "a, track = 1, lambda x: x  # <- telemetry-function",
    "alias of a function": "def send(x): ...\nemit_event = send  # <- telemetry-function",
    "alias, later": "emit_event = send  # <- telemetry-function\ndef send(x): ...",
    "partial": "from functools import partial as p\ntrack = p(f, 1)  # <- telemetry-function",
    "attribute": "class A:\n    def __init__(self):\n"
    "        self.emit = lambda x: x  # <- telemetry-function",
    "onto a class": "Web.log_event = lambda self, x: x  # <- telemetry-function",
    "setattr": "setattr(Web, 'log_' 'event', lambda x: x)  # <- telemetry-function",
    "import under the name": "from web.bus import send as emit_event  # <- telemetry-function",
    "made and called": "emit_event = make()  # <- telemetry-function\nemit_event('x')",
    "global": "def f():\n    global track\n    track = lambda: 1  # <- telemetry-function",
    "decorated": "@cache\ndef emit(x): ...  # <- telemetry-function",
    "classmethod": "class A:\n    track = classmethod(f)  # <- telemetry-function",
    "partialmethod": "import functools\n"
    "class A:\n    track = functools.partialmethod(f)  # <- telemetry-function",
    "methodcaller": "import operator as o\nemit = o.methodcaller('x')  # <- telemetry-function",
    "bound": "import types\nemit = types.MethodType(f, x)  # <- telemetry-function",
    "staticmethod": "class A:\n    track = staticmethod(f)  # <- telemetry-function",
}


@pytest.mark.parametrize("source", FUNCTIONS.values(), ids=FUNCTIONS)
@pytest.mark.parametrize("path", [SERVICE, COMMAND, TEST, PEER, ELSEWHERE])
def test_a_function_with_a_telemetry_name(source: str, path: str) -> None:
    assert_told(source, path)


@pytest.mark.parametrize("source", FUNCTIONS.values(), ids=FUNCTIONS)
def test_the_facade_may_have_such_functions(source: str) -> None:
    assert_passes(source, FACADE)


NEAR_MISSES = {
    "a signal's method": "class Button:\n    def click(self):\n        self.clicked.emit(1)",
    "other names": "def emitted(): ...\ndef tracker(): ...\ndef re_emit(): ...\ndef Track(): ...",
    "an audio track": "class Track: ...\ntrack = Track()\nfor track in album.tracks: ...",
    "a track of an album": "track = album.track\ntitle = track.title",
    "a variable": "emitted = 3\nemit = True\nif emit: ...",
    "a parameter": "def play(track, emit=True): ...",
    "someone's function": "from rich.progress import track\nfor x in track(xs): ...",
    "a keyword": "play(track=1, emit=lambda: 1)",
    "a text": '"""def emit(x): telemetry, emit_event"""\nx = "def track_event(): ..."',
    "a comment": "# def emit_event(x): ...",
    "a key": "options = {'track': lambda x: x}",
    "an annotation": "class A:\n    track: int\n    emit: bool = False",
}


@pytest.mark.parametrize("source", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_what_looks_like_a_telemetry_function(source: str) -> None:
    assert_passes(source)
