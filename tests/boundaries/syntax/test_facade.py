"""The façade is used by its own name, and wrapped by nobody."""

import pytest

from tests.boundaries.syntax.shop import (
    COMMAND,
    ELSEWHERE,
    FACADE,
    PEER,
    SERVICE,
    TEST,
    assert_passes,
    assert_told,
)

FORWARDERS = {
    "the event": "def tell(event):  # <- facade-wrapper\n    obs.emit(event)",
    "everything": "def tell(*args, **kw):  # <- facade-wrapper\n    obs.emit(*args, **kw)",
    "name and fields": "def tell(name, **f):  # <- facade-wrapper\n    return obs.emit(name, f)",
    "with other work": "def tell(e):  # <- facade-wrapper\n    if work():\n        obs.emit(e)",
    "coroutine": "async def tell(e, ctx):  # <- facade-wrapper\n    obs.emit(e, ctx)",
    "method": "class Bus:\n    def say(self, e):  # <- facade-wrapper\n        obs.emit(e)",
    "lambda": "f(lambda e: obs.emit(e))  # <- facade-wrapper",
    "closure": "def tell(e):  # <- facade-wrapper\n    def f():\n        obs.emit(e)",
    "renamed": "def tell(e):  # <- facade-wrapper\n    event = e\n    obs.emit(event)",
    "each": "def tell(*events):  # <- facade-wrapper\n    for e in events:\n        obs.emit(e)",
    "default": "def tell(e=None):  # <- facade-wrapper\n    obs.emit(e or START)",
    "first of many": "def tell(*args):  # <- facade-wrapper\n    obs.emit(args[0], args[1])",
    "chosen class": "def tell(kind, **f):  # <- facade-wrapper\n    obs.emit(kind(**f))",
    "chosen by name": "def tell(name, **f):  # <- facade-wrapper\n"
    "    obs.emit(getattr(events, name)(**f))",
    "chosen from a table": "def tell(n, *a):  # <- facade-wrapper\n    obs.emit(KINDS[n](*a))",
    "copied": "from dataclasses import replace\nimport signals as obs\n"
    "def tell(event):  # <- facade-wrapper\n    obs.emit(replace(event, x=1))",
    "copied shallowly": "import copy\nimport signals as obs\n"
    "def tell(event):  # <- facade-wrapper\n    obs.emit(copy.copy(event))",
    "copied deeply": "import copy\nimport signals as obs\n"
    "def tell(event):  # <- facade-wrapper\n    obs.emit(copy.deepcopy(event))",
    "cast": "import typing\nimport signals as obs\n"
    "def tell(event):  # <- facade-wrapper\n    obs.emit(typing.cast(E, event))",
    "call by dunder": "def tell(e):  # <- facade-wrapper\n    obs.emit.__call__(e)",
    "deeper import": "from signals.emit import emit\n"
    "def tell(e):  # <- facade-wrapper\n    emit(e)",
}


@pytest.mark.parametrize("source", FORWARDERS.values(), ids=FORWARDERS)
@pytest.mark.parametrize("path", [SERVICE, COMMAND, TEST, PEER, ELSEWHERE])
def test_a_function_that_forwards_to_emit(source: str, path: str) -> None:
    text = "import signals as obs\n" + source if "import" not in source else source
    assert_told(text, path)


OTHER_NAMES = {
    "assigned": "say = obs.emit  # <- facade-wrapper",
    "reserved name": "emit_event = obs.emit  # <- facade-wrapper, telemetry-function",
    "annotated": "say: Any = obs.emit  # <- facade-wrapper",
    "alias of an alias": "from signals import emit as e  # <- facade-wrapper\n"
    "say = e  # <- facade-wrapper",
    "dict()": "TABLE = dict(say=obs.emit)  # <- facade-wrapper",
    "namespace": "import types as t\nT = t.SimpleNamespace(say=obs.emit)  # <- facade-wrapper",
    "field": "from dataclasses import field\nclass Bus:\n"
    "    say: Say = field(default=obs.emit)  # <- facade-wrapper",
    "context variable": "from contextvars import ContextVar\n"
    "SAY = ContextVar('say', default=obs.emit)  # <- facade-wrapper",
    "attribute": "self.say = obs.emit  # <- facade-wrapper",
    "class attribute": "class Bus:\n    say = obs.emit  # <- facade-wrapper",
    "static method": "class Bus:\n    say = staticmethod(obs.emit)  # <- facade-wrapper",
    "dict": "TABLE = {'say': obs.emit}  # <- facade-wrapper",
    "list": "for say in [obs.emit]: ...  # <- facade-wrapper",
    "default": "def f(x, say=obs.emit): ...  # <- facade-wrapper",
    "returned": "def f():\n    return obs.emit  # <- facade-wrapper",
    "lambda": "f(lambda: obs.emit)  # <- facade-wrapper",
    "walrus": "(say := obs.emit)(x)  # <- facade-wrapper",
    "either": "say = obs.emit if x else None  # <- facade-wrapper",
    "partial": "import functools\nsay = functools.partial(obs.emit, X)  # <- facade-wrapper",
    "partial, given away": "import functools as f\ng(f.partial(obs.emit))  # <- facade-wrapper",
    "partialmethod": "import functools as f\n"
    "class Bus:\n    say = f.partialmethod(obs.emit)  # <- facade-wrapper",
    "classmethod": "class Bus:\n    say = classmethod(obs.emit)  # <- facade-wrapper",
    "bound": "import types\nsay = types.MethodType(obs.emit, X)  # <- facade-wrapper",
    "setattr": "setattr(bus, 'say', obs.emit)  # <- facade-wrapper",
    "import as": "from signals import emit as say  # <- facade-wrapper",
    "import as itself": "from signals import emit as emit  # <- facade-wrapper",
    "deep import as": "from signals.emit import emit as say  # <- facade-wrapper",
    "__all__": "from signals import emit\n__all__ = ['emit']  # <- facade-wrapper",
    "__all__ +=": "from signals import emit\n__all__ += ('emit',)  # <- facade-wrapper",
    "the façade in __all__": "__all__ = ['obs']  # <- facade-wrapper",
}


@pytest.mark.parametrize("source", OTHER_NAMES.values(), ids=OTHER_NAMES)
def test_emit_under_another_name(source: str) -> None:
    assert_told("import signals as obs\n" + source)


def test_a_package_that_imports_emit_re_exports_it() -> None:
    source = "from signals import emit  # <- facade-wrapper"
    assert_told(source, "src/web/__init__.py")
    assert_passes(source, "src/web/orders.py")


DISGUISES = {
    "star": "from signals import *  # <- facade-access",
    "star of a part": "from signals.events import *  # <- facade-access",
    "getattr": "import signals\ngetattr(signals, 'emit')(X())  # <- facade-access",
    "getattr of pieces": "import signals\ngetattr(signals, 'em' + 'it')(X())  # <- facade-access",
    "getattr of a name": "import signals\nN = 'emit'\ngetattr(signals, N)(X())  # <- facade-access",
    "getattr at run time": "import signals\ngetattr(signals, f())(X())  # <- facade-access",
    "getattr renamed": "import signals\ng = getattr\ng(signals, 'emit')(X())  # <- facade-access",
    "vars": "import signals\nvars(signals)['emit'](X())  # <- facade-access",
    "__dict__": "import signals as s\ns.__dict__['emit']()  # <- facade-access",
    "__getattribute__": "import signals\nsignals.__getattribute__('emit')(X())  # <- facade-access",
    "attrgetter": "import signals\nfrom operator import attrgetter\n"
    "attrgetter('emit')(signals)(X())  # <- facade-access",
    "import_module": "import importlib\n"
    "importlib.import_module('signals').emit(X())  # <- facade-access",
    "__import__": "__import__('signals').emit(X())  # <- facade-access",
    "sys.modules": "import sys\nsys.modules['signals'].emit(X())  # <- facade-access",
    "sys.modules.get": "from sys import modules\n"
    "modules.get('signals').emit(X())  # <- facade-access",
    "variable": "import signals\no = signals  # <- facade-access\no.emit(X())",
    "attribute": "import signals\nself.o = signals  # <- facade-access",
    "argument": "import signals\ntell(signals)  # <- facade-access",
    "returned": "import signals\ndef f():\n    return signals  # <- facade-access",
    "__getattr__": "import signals\n"
    "def __getattr__(name):\n    return getattr(signals, name)  # <- facade-access",
    "replaced": "import signals\nsignals.emit = mine  # <- facade-access",
    "replaced by setattr": "import signals\nsetattr(signals, 'emit', mine)  # <- facade-access",
    "getattr_static": "import inspect, signals\n"
    "inspect.getattr_static(signals, 'emit')(X())  # <- facade-access",
    "locals": "import signals\nlocals()['signals'].emit(X())  # <- facade-access",
    "own vars": "import signals\nvars()['signals'].emit(X())  # <- facade-access",
    "globals": "import signals\nglobals()['signals'].emit(X())  # <- facade-access",
}


@pytest.mark.parametrize("source", DISGUISES.values(), ids=DISGUISES)
@pytest.mark.parametrize("path", [SERVICE, COMMAND, ELSEWHERE])
def test_the_facade_in_disguise(source: str, path: str) -> None:
    assert_told(source, path)


def test_a_wrapper_is_seen_through_a_disguise() -> None:
    assert_told(
        "import signals\n"
        "say = getattr(signals, 'emit')  # <- facade-access, facade-wrapper\n"
        "def tell(event):  # <- facade-wrapper\n"
        "    say(event)\n"
    )
    assert_told(
        "from signals import *  # <- facade-access\n"
        "def tell(event):  # <- facade-wrapper\n"
        "    emit(event)\n"
    )


NEAR_MISSES = {
    "an event that is built": "def f(order, ctx):\n    obs.emit(Placed(total=order.total), ctx)",
    "an event from a method": "def ended(step, ctx):\n    obs.emit(step.ended(), ctx)",
    "an event in a variable": "def f(x):\n    event = Placed(x=x)\n    obs.emit(event)",
    "an event with spread fields": "def f(x):\n    obs.emit(Placed(**x), ctx)",
    "a method's event": "def f(step, *x):\n    obs.emit(step.ended(*x))",
    "recorded events": "def write(tx, told):\n    for sealed in told:\n        obs.emit(sealed)",
    "a choice": "def f(x):\n    obs.emit(Placed() if x else Refused())",
    "a callback": "atexit.register(obs.emit, Stopped())\nloop.call_later(1, obs.emit, Late())",
    "a later call": "def f(x):\n    loop.call_soon(lambda: obs.emit(Placed(x=x)))",
    "sealed by a method": "class Tx:\n    def tell(self, e):\n        self.told += obs.seal(e)",
    "imported by name": "from signals import emit\nemit(Placed())",
    "of something else": "def forward(event):\n    self.clicked.emit(event)",
    "a shadow": "def f(obs, event):\n    obs.emit(event)\n    say = obs.emit",
    "a local shadow": "def f(event):\n    obs = Signal()\n    obs.emit(event)",
    "a parameter": "def f(emit, event):\n    emit(event)",
    "asked about": "assert obs.emit is not None\nobs.emit.__doc__\nx = obs.emit.__name__",
    "another star": "from math import *\nx = sin(1)",
    "another getattr": "x = getattr(thing, name)\ny = getattr(thing, 'emit')",
    "the public names": "__all__ = ['orders', 'Placed']\nclass Placed: ...",
    "relative": "from .signals import emit as say\nfrom . import *",
}


@pytest.mark.parametrize("source", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_what_looks_like_a_wrapper(source: str) -> None:
    assert_passes("import signals as obs\n" + source)


def test_a_test_may_emit_what_it_is_given() -> None:
    source = "import signals as obs\ndef test_it(event):\n    obs.emit(event)"
    assert_passes(source, TEST)
    assert_told(source.replace("(event):", "(event):  # <- facade-wrapper"), SERVICE)


@pytest.mark.parametrize("source", [*FORWARDERS.values(), *DISGUISES.values()])
def test_the_facade_may_do_all_that(source: str) -> None:
    assert_passes(source, FACADE)
